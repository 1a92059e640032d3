# Build: docker build -t duecourse .    Run: docker run --read-only -v duecourse-state:/state -v ./config:/config:ro duecourse
# Pin the base by digest in production: --build-arg BASE_IMAGE=python@sha256:...
# With PostgreSQL, cloud secrets and the fleet: --build-arg LOCK=requirements-all.lock
ARG BASE_IMAGE=python:3.12-slim
FROM ${BASE_IMAGE} AS build
ARG LOCK=requirements.lock
WORKDIR /src
COPY requirements.lock requirements-all.lock pyproject.toml README.md LICENSE ./
RUN python3 -m venv /opt/duecourse \
 && /opt/duecourse/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r ${LOCK}
COPY worker ./worker
COPY connectors ./connectors
COPY policies ./policies
RUN /opt/duecourse/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM ${BASE_IMAGE}
RUN useradd --system --uid 10001 --no-create-home --home-dir /state duecourse \
 && install -d -o 10001 -g 10001 -m 0700 /state
COPY --from=build /opt/duecourse /opt/duecourse
ENV PATH=/opt/duecourse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DUECOURSE_CONFIG=/config/config.yaml
USER 10001:10001
VOLUME ["/state"]
WORKDIR /state
# Any trouble a person should know of makes the exit code non-zero (docs/operator/trouble.md lists them).
HEALTHCHECK --interval=1h --timeout=30s CMD ["duecourse", "status"]
ENTRYPOINT ["duecourse"]
CMD ["run"]
