# quorate-server: one member of a coordination ensemble that speaks ZooKeeper's protocol
#
# The last stage holds the program, the shared libraries that it is linked with, the authorities'
# certificates, and nothing else: no shell. The same file serves amd64 and arm64. docker/build.sh
# passes the arguments.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=0
ARG VERSION=0
ARG JOBS=
WORKDIR /src
COPY deploy/install.sh deploy/
RUN deploy/install.sh && apt-get install -y -qq --no-install-recommends python3 >/dev/null
COPY . .
RUN cmake --preset release -DQUORATE_TESTS=OFF >/dev/null \
    && cmake --build --preset release --target quorate-server ${JOBS:+-j ${JOBS}}
RUN python3 docker/rootfs.py build/release/bin/quorate-server /rootfs /sbom.spdx.json "${VERSION}"

FROM scratch AS sbom
COPY --from=build /sbom.spdx.json /sbom.spdx.json

FROM scratch
ARG VERSION=0
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="quorate-server" \
      org.opencontainers.image.description="one member of a coordination ensemble that speaks ZooKeeper's protocol" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /rootfs /
ENV PATH=/usr/bin
USER 65532:65532
ENTRYPOINT ["/usr/bin/quorate-server"]
