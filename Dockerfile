# syntax=docker/dockerfile:1
# The image holds what `npm pack` makes, and the dependencies in the versions that were tested.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# What is optional is Prisma's command line, which a peer asks for, and drivers of other runtimes.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim AS package
WORKDIR /build
# Installed anew only where these change.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm pack \
 && mkdir /package \
 && tar -xzf rangewarden-*.tgz --strip-components=1 -C /package

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Rangewarden" \
      org.opencontainers.image.description="Keeps firewalls and proxies in step with the IP ranges Azure publishes." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=dependencies /app /app
COPY --from=package /package /app
# The only folder the service writes to; with PostgreSQL not even that.
RUN ln -s /app/bin/rangewarden.js /usr/local/bin/rangewarden \
 && install -d -o 10001 -g 10001 /data
ENV NODE_ENV=production \
    RANGEWARDEN_HOST=0.0.0.0 \
    RANGEWARDEN_DATA_DIR=/data
# By number: Kubernetes cannot tell of a name that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["rangewarden", "health"]
ENTRYPOINT ["rangewarden"]
CMD ["serve"]
