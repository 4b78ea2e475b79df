"""An encoder as one ONNX graph: export, 8-bit weights, and a runtime without torch."""
