"""The official client of the Model Context Protocol, for tests/mcp_python.rs.

Reads {"command", "cwd", "mode", "calls": [{"tool", "arguments"}]} from standard input, makes the calls one
after the other in one session, and prints what the client returned as JSON. The client itself validates the
structured content of a success against the schema of its tool.
"""

import asyncio
import json
import os
import sys

from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def main():
    plan = json.load(sys.stdin)
    server = StdioServerParameters(
        command=plan["command"], args=["mcp"], env=dict(os.environ), cwd=plan["cwd"]
    )
    async with Client(stdio_client(server), mode=plan["mode"]) as client:
        tools = [plain(tool) for tool in (await client.list_tools()).tools]
        results = [
            plain(await client.call_tool(call["tool"], call["arguments"]))
            for call in plan["calls"]
        ]
    json.dump({"tools": tools, "results": results}, sys.stdout)


asyncio.run(main())
