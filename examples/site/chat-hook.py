#!/usr/bin/python3
"""Sends the events of mm-crawl to a chat. In the config, with the path of this file:

[crawl]
hook = ["/usr/bin/python3", "/usr/local/share/doc/mirrormanager/chat-hook.py", "/etc/mirrormanager/chat-url"]

The file chat-url has one line, the URL of an incoming webhook of Mattermost, Slack, Rocket.Chat or a Matrix bridge. It is a secret:
chmod 600, owned by the user of the jobs. mm-crawl adds the event and the host to the arguments, and writes JSON to standard
input: see the section "Hook" in mm-crawl(8).
"""

import json
import sys
import urllib.request

TIMEOUT_SECONDS = 20
MAX_LENGTH = 1000

TEXTS = {
    "warning": ":warning: {host} fails: {reason}",
    "disabled": ":no_entry: {host} is disabled: {reason}",
    "unknown-hash": ":rotating_light: {host} serves metadata that the master never had: {url}",
    "enabled": ":white_check_mark: {host} is enabled again",
}


def plain(value):
    """Text of a mirror must neither begin a line nor mention people nor be a link with another text."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return text.translate(str.maketrans({"@": "(at)", "<": "(", ">": ")", "[": "(", "]": ")", "`": "'"}))


def main():
    url_file, event, _host = sys.argv[1:4]
    with open(url_file, encoding="utf-8") as file:
        webhook = file.readline().strip()
    fields = {name: plain(value) for name, value in json.load(sys.stdin).items()}
    text = TEXTS.get(event, "{host}: {event}: {reason}").format(**fields)[:MAX_LENGTH]
    request = urllib.request.Request(
        webhook,
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
        pass


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as e:
        # The URL is a secret, so only the kind of the error is logged.
        sys.exit(f"chat-hook: {type(e).__name__}: {getattr(e, 'reason', '') or getattr(e, 'strerror', '') or 'failed'}")
