"""News: providers, headlines as they come, past headlines, articles, bulletins."""

from __future__ import annotations

import re
from datetime import datetime

from ..scenario import Run, scenario

METADATA = re.compile(r"A:([\d,]*):L:(\w\w):K:(n/a|-?[\d.]+):C:([\d.]+)$")


def story(run: Run):
    """An announcement that is out, and its share."""
    item = run.floor.exchange.announcements[0]
    return item, run.floor.exchange.instruments[item.symbol]


@scenario("news providers", "reqNewsProviders")
async def providers(run: Run) -> None:
    told = await run.client.ask("reqNewsProviders", until="newsProviders")
    assert ("ASX", "ASX Company Announcements") in [(item.code, item.name) for item in told.newsProviders]


@scenario("headlines on a line", "reqMktData")
async def headlines(run: Run) -> None:
    item, instrument = story(run)
    contract = run.contract(symbol=item.symbol)
    await run.client.call("reqMktData", 600, contract, "mdoff,292", False, False, [])
    told = await run.client.wait("tickNews", lambda args: args.tickerId == 600)
    assert told.providerCode == "ASX" and told.headline == item.headline and told.timeStamp == int(item.ts * 1000)
    found = METADATA.match(told.extraData)
    assert found and found[1] == str(instrument.con_id) and found[2] == "en"
    await run.client.call("cancelMktData", 600)
    await run.client.settle()
    run.client.mark()
    run.floor.exchange.publish(item)
    await run.client.settle()
    assert not run.client.told("tickNews")


@scenario("broad tape", "reqMktData, cancelMktData")
async def broad_tape(run: Run) -> None:
    tape = run.contract(symbol="ASX:ASX_ALL", secType="NEWS", exchange="ASX", currency="")
    await run.client.call("reqMktData", 601, tape, "mdoff,292", False, False, [])
    await run.client.settle()
    item, _ = story(run)
    run.floor.exchange.publish(item)
    told = await run.client.wait("tickNews", lambda args: args.tickerId == 601)
    assert told.headline == item.headline and told.articleId.startswith("ASX$")
    await run.client.call("cancelMktData", 601)
    unknown = run.contract(symbol="NO:NO_ALL", secType="NEWS", exchange="NO", currency="")
    await run.client.call("reqMktData", 602, unknown, "mdoff,292", False, False, [])
    await run.error(200, 602)


@scenario("past headlines and articles", "reqHistoricalNews, reqNewsArticle")
async def past(run: Run) -> None:
    client, (item, instrument) = run.client, story(run)
    await client.call("reqHistoricalNews", 610, instrument.con_id, "ASX", "", "", 10, [])
    told = await client.wait("historicalNews", lambda args: args.requestId == 610)
    end = await client.wait("historicalNewsEnd", lambda args: args.requestId == 610)
    assert not end.hasMore and told.providerCode == "ASX"
    datetime.strptime(told.time, "%Y-%m-%d %H:%M:%S.%f")
    metadata, _, headline = told.headline.removeprefix("{").partition("}")
    assert METADATA.match(metadata) and headline == item.headline
    await client.call("reqNewsArticle", 611, "ASX", told.articleId, [])
    article = await client.wait("newsArticle", lambda args: args.requestId == 611)
    assert article.articleType == 0 and item.headline in article.articleText
    await client.call("reqNewsArticle", 612, "ASX", "ASX$none", [])
    await run.error(10172, 612)
    await client.call("reqHistoricalNews", 613, instrument.con_id, "NONE", "", "", 10, [])
    await run.error(321, 613)
    await client.call("reqHistoricalNews", 614, instrument.con_id, "ASX", "2030-01-01 00:00:00.0", "", 10, [])
    await client.wait("historicalNewsEnd", lambda args: args.requestId == 614)
    assert not [args for args in client.told("historicalNews") if args.requestId == 614]


@scenario("bulletins", "reqNewsBulletins, cancelNewsBulletins")
async def bulletins(run: Run) -> None:
    await run.client.call("reqNewsBulletins", True)
    await run.client.settle()
    for session in run.floor.door.clients.values():
        session.feed.news.bulletin("Trading resumes at 11:00.")
    told = await run.client.wait("updateNewsBulletin")
    assert told.msgType == 1 and told.newsMessage == "Trading resumes at 11:00." and told.originExch == "ASX"
    await run.client.call("cancelNewsBulletins")
    await run.client.settle()
    run.client.mark()
    for session in run.floor.door.clients.values():
        session.feed.news.bulletin("Nobody hears this.")
    await run.client.settle()
    assert not run.client.told("updateNewsBulletin")
