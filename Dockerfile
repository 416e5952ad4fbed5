# Breadth with its offline models. Build: docker build -t breadth .
#
# The service, for which `docker compose up` has all that it needs; it wants API keys then. A question alone:
#
#     docker run --rm -v ./notes:/documents:ro -v breadth-data:/data -v breadth-cache:/cache \
#         breadth ask "What changed in the contract?" --documents /documents
FROM python:3.12-slim

# The embedded engine computes with OpenMP; the extra `reports` sets the letters of PDFs with Pango.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libgomp1 libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*

ARG EXTRAS=local
COPY . /source
RUN pip install --no-cache-dir "/source[${EXTRAS}]" && rm -rf /source

RUN useradd --create-home breadth \
    && mkdir /data /cache /documents \
    && chown breadth /data /cache
USER breadth
WORKDIR /home/breadth
ENV BREADTH_DATA=/data BREADTH_CACHE=/cache PYTHONUNBUFFERED=1
VOLUME ["/data", "/cache"]

EXPOSE 8080
ENTRYPOINT ["breadth"]
CMD ["serve", "--host", "0.0.0.0", "--documents", "/documents"]
