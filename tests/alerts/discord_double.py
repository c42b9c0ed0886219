"""A local web server that behaves as Discord's webhooks do, and the alerts it was sent."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import web

TOKEN = "sEcReT-t0ken_of-the-webhook"


class Discord:
    """Answers 204, or once what was put in ``answers``: 429 with seconds to wait, a 5xx, a hang-up."""

    def __init__(self):
        self.answers = []
        self.embeds = []
        self.messages = 0
        self.requests = []
        self.url = ""
        self._arrived = asyncio.Event()

    def titles(self):
        return [embed["title"] for embed in self.embeds]

    async def until(self, holds, seconds=10.0):
        async with asyncio.timeout(seconds):
            while not holds():
                self._arrived.clear()
                await self._arrived.wait()

    async def post(self, request):
        loop = asyncio.get_running_loop()
        self.requests.append(loop.time())
        self._arrived.set()
        answer = self.answers.pop(0) if self.answers else 204
        if answer == "hang up":
            request.transport.close()
            return web.Response()
        if isinstance(answer, tuple):
            status, wait = answer
            body = {"message": "You are being rate limited.", "retry_after": wait, "global": False}
            return web.json_response(body, status=status, headers={"Retry-After": "1", "X-RateLimit-Scope": "user"})
        if answer != 204:
            return web.Response(status=answer, text="<html>an error page</html>")
        body = await request.json()
        problem = self.problem(body)
        if problem:
            return web.json_response({"message": problem, "code": 50035}, status=400)
        self.embeds += body["embeds"]
        self.messages += 1
        self._arrived.set()
        return web.Response(status=204, headers={"X-RateLimit-Remaining": "4", "X-RateLimit-Reset-After": "1"})

    @staticmethod
    def problem(body):
        """Why Discord would refuse a message; its documented limits."""
        embeds = body.get("embeds", [])
        if not 1 <= len(embeds) <= 10 or body.get("allowed_mentions") != {"parse": []}:
            return "embeds"
        total = 0
        for embed in embeds:
            fields = embed.get("fields", [])
            texts = [
                embed["title"],
                embed.get("description", ""),
                *(part for f in fields for part in (f["name"], f["value"])),
            ]
            total += sum(map(len, texts))
            if not 1 <= len(embed["title"]) <= 256 or len(embed.get("description", "")) > 4096 or len(fields) > 25:
                return "embed"
            if any(not 1 <= len(f["name"]) <= 256 or not 1 <= len(f["value"]) <= 1024 for f in fields):
                return "field"
        if total > 6000 or len(json.dumps(body)) > 100_000:
            return "too large"
        return ""


@asynccontextmanager
async def discord(port=0):
    double = Discord()
    app = web.Application()
    app.router.add_post("/api/webhooks/123456/{token}", double.post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    double.port = runner.addresses[0][1]
    double.url = f"http://127.0.0.1:{double.port}/api/webhooks/123456/{TOKEN}"
    try:
        yield double
    finally:
        await runner.cleanup()
