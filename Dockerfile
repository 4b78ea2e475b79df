# The package, its flows and its configurations; runs as an ordinary user on a read-only file system.
#   docker build -t alignment .
#   docker run --rm --read-only --tmpfs /tmp -v alignment:/app/workspace alignment configs/quickstart.yaml
# `docker build --target mlflow` builds the MLflow server of compose.yaml. `make test-image` executes these
# steps without Docker and runs the result.
#
# BASE is pinned by digest: docker-library/repo-info recorded it for this tag on 2026-09-01. To renew it:
#   docker buildx imagetools inspect python:3.11-slim-bookworm
# TORCH_INDEX chooses the torch build: an extra package index that carries it (see README, "GPU and other builds of torch").
ARG BASE=python:3.11.16-slim-bookworm@sha256:c425d915a89a6dcd3183b1797ad9bd8878caff5a417f6371c8df93c8ea8b727f

FROM ${BASE} AS build
ARG TORCH_INDEX=""
ARG EXTRAS=bucket,bundled,hub,mlflow,prefect
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY pyproject.toml setup.py constraints.txt README.md LICENSE Makefile ./
COPY alignment alignment
COPY flows flows
RUN PIP_NO_CACHE_DIR=1 PIP_EXTRA_INDEX_URL="$TORCH_INDEX" make .venv/.run EXTRAS="$EXTRAS"
# Nothing can be compiled later, when the file system is read-only.
RUN .venv/bin/python -m compileall -q alignment flows

FROM ${BASE} AS mlflow
RUN useradd --create-home --uid 1000 mlflow && mkdir /mlflow && chown 1000:1000 /mlflow
RUN python -m pip install --no-cache-dir --disable-pip-version-check mlflow==3.17.2
WORKDIR /mlflow
COPY deploy/healthcheck.py /usr/local/lib/healthcheck.py
USER 1000:1000
ENV HOME=/tmp MLFLOW_DISABLE_TELEMETRY=true HEALTH_URL=http://127.0.0.1:5000/health
VOLUME /mlflow
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD ["python", "/usr/local/lib/healthcheck.py"]
# Only the names in MLFLOW_SERVER_ALLOWED_HOSTS may stand in a request's Host header (see compose.yaml).
ENTRYPOINT ["mlflow", "server", "--host", "0.0.0.0", "--port", "5000", "--workers", "1"]
CMD ["--backend-store-uri", "sqlite:////mlflow/mlflow.db", "--artifacts-destination", "/mlflow/artifacts"]

FROM ${BASE}
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="alignment" \
      org.opencontainers.image.description="Fine-tunes a multilingual sentence encoder and publishes it only if it passes a quality gate" \
      org.opencontainers.image.source="https://github.com/crosslingual-alignment/alignment" \
      org.opencontainers.image.documentation="https://github.com/crosslingual-alignment/alignment/blob/main/docs/how-to/containers.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
RUN useradd --create-home --uid 1000 alignment
WORKDIR /app
# Owned by root: a run cannot change the code that the next run executes.
COPY --from=build /app /app
COPY configs configs
COPY prefect.yaml ./
COPY deploy/healthcheck.py /usr/local/lib/healthcheck.py
RUN mkdir workspace && chown 1000:1000 workspace
USER 1000:1000
# The defaults of flows/environment.py: a server reads no file of ours, and a worker passes its environment on to
# the runs, whose log lines Prefect then shows. HOME is for caches.
ENV PATH=/app/.venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 \
    ALIGNMENT_WORKSPACE=/app/workspace ALIGNMENT_HOME=/app PREFECT_HOME=/app/workspace/prefect \
    PREFECT_LOGGING_EXTRA_LOGGERS=alignment PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 \
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30 PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED=events,flow_runs \
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=120 PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false
VOLUME /app/workspace
# A server or a worker sets HEALTH_URL; for everything else the workspace must be writable.
HEALTHCHECK --interval=30s --timeout=10s --start-period=2m CMD ["python", "/usr/local/lib/healthcheck.py"]
ENTRYPOINT ["python", "-m", "flows.align"]
CMD ["configs/quickstart.yaml"]
