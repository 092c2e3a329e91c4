import asyncio
import json
import os
import random

import websockets  # pip install websockets

URL = os.environ.get("VITALWIRE_URL", "ws://127.0.0.1:8000")


def get_token():
    return os.environ["VITALWIRE_TOKEN"]  # stands for your log-in


async def receive(diagnosis_id, handle):
    position, failures = None, 0  # keep the position on disk to survive a restart of this program
    while True:
        after = f"&after={position}" if position else ""
        try:
            url = f"{URL}/ws/{diagnosis_id}?token={get_token()}{after}"
            async with websockets.connect(url, max_size=2**20) as socket:
                async for frame in socket:
                    message = json.loads(frame)
                    if message["type"] == "connect":
                        failures = 0
                        recovery = message["data"]["recovery"]
                        if recovery["status"] == "gap":
                            print("gap:", recovery["reason"])
                        position = recovery["from"]
                    elif "offset" in message:
                        handle(message)
                        position = f"{message['epoch']}:{message['offset']}"
                    elif message["type"] == "disconnect" and not message["reconnect"]:
                        raise SystemExit(message["reason"])
        except (OSError, websockets.WebSocketException):
            pass
        await asyncio.sleep(random.uniform(0, min(20, 0.5 * 2**failures)))
        failures += 1


asyncio.run(receive(123, lambda message: print(message["offset"], message["type"], flush=True)))
