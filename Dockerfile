# The same steps as the README's, in two stages; the result runs as an ordinary user.
#   docker build -t alignment .
#   docker run --rm -v alignment:/app/workspace alignment configs/quickstart.yaml
# TORCH_INDEX chooses the torch build: an extra package index that carries it (see README, "GPU and other builds of torch").
FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=""
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY pyproject.toml setup.py constraints.txt README.md LICENSE Makefile ./
COPY alignment alignment
COPY flows flows
RUN PIP_NO_CACHE_DIR=1 PIP_EXTRA_INDEX_URL="$TORCH_INDEX" make .venv/.run

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 1000 alignment
WORKDIR /app
COPY --from=build --chown=alignment /app /app
COPY --chown=alignment configs configs
COPY --chown=alignment prefect.yaml ./
RUN mkdir workspace && chown alignment workspace
USER alignment
# The worker passes its environment on to the runs, whose log lines Prefect then shows.
ENV PATH=/app/.venv/bin:$PATH ALIGNMENT_WORKSPACE=/app/workspace ALIGNMENT_HOME=/app \
    PREFECT_LOGGING_EXTRA_LOGGERS=alignment PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
VOLUME /app/workspace
ENTRYPOINT ["python", "-m", "flows.align"]
CMD ["configs/quickstart.yaml"]
