"""TLS: the connection goes to the resolved address, and the certificate has to be the name's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import trustme

ROOT = Path(__file__).parent.parent
ASKING = """
import asyncio, json, ssl, sys
from aiohttp import web
from search.errors import WebError
from search.web import WebClient, WebSettings

async def asked(pem):
    names = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _, name, __: names.append(name)
    app = web.Application()
    app.router.add_get("/", lambda _: web.Response(text="here"))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    settings = WebSettings(allow_hosts=frozenset({"localhost"}), attempts=3)
    async with WebClient(settings) as client:
        try:
            response = await client.get(f"https://localhost:{port}/?key=hunter2")
            found = response.body.decode()
        except WebError as error:
            found = f"{type(error).__name__}: {error}"
    await runner.cleanup()
    return found, names

async def main():
    return [await asked(pem) for pem in sys.argv[1:]]

print(json.dumps(asyncio.run(main())))
"""


def test_a_certificate_has_to_be_trusted_and_for_the_name(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    made = {
        "right": authority.issue_cert("localhost"),
        "other": authority.issue_cert("other.example"),
        "stranger": stranger.issue_cert("localhost"),
    }
    for name, certificate in made.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / f"{name}.pem")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    environment = os.environ | {
        "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
        "PYTHONPATH": str(ROOT),
    }
    ended = subprocess.run(
        [sys.executable, "-c", ASKING, *(str(tmp_path / f"{name}.pem") for name in made)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    (right, names), (other, tries), (stranger_told, _) = json.loads(ended.stdout)
    assert right == "here"
    assert names == ["localhost"]
    assert "certificate" in other
    assert "localhost" in other
    assert other.startswith("Unreachable")
    assert tries == ["localhost"]  # it is not asked again: that would not pass
    assert stranger_told.startswith("Unreachable")
    assert "hunter2" not in other + stranger_told
