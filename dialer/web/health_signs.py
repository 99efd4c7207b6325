"""Signs: what the health page looks at, one line each, and what is to be done."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer import __version__
from dialer.actions.health import LATE_AFTER, Health
from dialer.domain.lines import GateState, lines_in_force
from dialer.queue import workers_that_answer
from dialer.store.audits import AuditKind
from dialer.store.vitals import Vitals
from dialer.web.health import broker_state, newest
from dialer.web.site import Site

DUE_LATE = timedelta(minutes=5)
LETTER_LATE = timedelta(seconds=60)
BEAT_LATE = timedelta(minutes=3)
ANSWER_LATE = timedelta(seconds=30)
"""Retell is asked every ten seconds while a campaign runs."""
SKEW = timedelta(seconds=2)
LITTLE_DISK = 1024**3
WORKERS_WITHIN_S = 1.0
AUDITS = {
    AuditKind.RECENT: "Audit of what is open",
    AuditKind.COMPLETE: "Audit of all leads",
    AuditKind.PROVIDER: "Comparison with Retell",
}


_PROBLEMS = ("/problems", "See them under Problems")


@dataclass(frozen=True, slots=True)
class Sign:
    """One line: what was looked at, whether it is well, and what was seen."""

    name: str
    well: bool | None  # None: nobody can say
    seen: str
    fix: str | None = None
    campaign: tuple[int, str] | None = None  # of which this is told
    link: tuple[str, str] | None = None  # an address where what was counted is shown, and words


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says of everything, read at once."""

    at: datetime
    health: Health
    vitals: Vitals
    gate: GateState | None
    revision: str | None


def signs_of(site: Site, seen: Seen, *, now: datetime) -> list[Sign]:
    """Give all signs, those that are not well first."""
    signs = [
        _database(seen.revision),
        _clock(seen),
        *_broker(site),
        _beat(seen.health, now=now),
        *(_audit(seen.health, kind) for kind in AuditKind),
        _incidents(seen.health),
        _dialing(seen, now=now),
        *_letters(seen.health, seen.vitals, now=now),
        _refused(site),
        _retell(seen, now=now),
        _disk(site),
        _version(seen.revision),
    ]
    return sorted(signs, key=lambda one: one.well is not False)


def _database(revision: str | None) -> Sign:
    if revision in (newest(), None):
        return Sign("Database", True, "It answers.")
    return Sign("Database", False, f"It is at revision {revision}.", "dialer migrate")


def _broker(site: Site) -> list[Sign]:
    state = broker_state(site.settings.redis_url)
    if state == "unreachable":
        fix = "start it; nothing is lost meanwhile, only slower"
        return [
            Sign("Broker", False, "It does not answer.", fix),
            Sign("Workers", None, "Nobody can ask them without the broker."),
        ]
    names = workers_that_answer(site.settings, within_s=WORKERS_WITHIN_S)
    well = any(name.startswith("worker@") for name in names)
    seen = ", ".join(names) or "None answers."
    broker = Sign("Broker", True if state == "ok" else None, f"It is {state}.")
    return [broker, Sign("Workers", well, seen, None if well else "start worker and worker-files")]


def _audit(state: Health, kind: AuditKind) -> Sign:
    age = state.age(kind)
    if age is None:
        return Sign(AUDITS[kind], None, "It has not run yet.", "worker-files and beat run it")
    broken = state.runs[kind].broken or {}
    seen = f"{_ago(age)}; " + (f"broken: {', '.join(broken)}" if broken else "nothing is broken")
    late = age > LATE_AFTER[kind]
    fix = "look at Problems" if broken else "do worker-files and beat run?" if late else None
    return Sign(AUDITS[kind], not late and not broken, seen + ".", fix)


def _dialing(seen: Seen, *, now: datetime) -> Sign:
    if seen.gate is not None and seen.gate.everything_paused:
        return Sign("Dialing", None, "Everything is paused, so nobody is called.", "see Problems")
    first = seen.vitals.oldest_due
    if first is None or first.due_at > now:
        return Sign("Dialing", True, "No lead of a running campaign is overdue.")
    age = now - first.due_at
    late = age > DUE_LATE
    return Sign(
        "Dialing",
        not late,
        f"The oldest lead that waits has been due for {_age(age)}.",
        "look at the campaign, and at its leads, which say why" if late else None,
        (first.campaign_id, first.campaign),
    )


def _letters(state: Health, found: Vitals, *, now: datetime) -> list[Sign]:
    oldest = found.oldest_letter_at
    late = oldest is not None and now - oldest > LETTER_LATE
    seen = f"{found.waiting_letters:,} wait to be settled."
    if found.lags_s:
        lags = sorted(found.lags_s)
        half = lags[len(lags) // 2]
        seen += f" The latest {len(lags):,} took {half:.1f} s, at most {lags[-1]:.1f} s."
    last = found.last_letter_at
    seen += f" The last one came {_ago(now - last)}." if last is not None else " None came yet."
    signs = [Sign("Webhooks", not late, seen, "does worker run?" if late else None)]
    if state.dead_letters:
        dead = f"{state.dead_letters:,} could not be settled."
        signs.append(Sign("Dead letters", False, dead, link=_PROBLEMS))
    return signs


def _refused(site: Site) -> Sign:
    """Tell of webhooks that this process did not believe, since it was started."""
    name, found = "Webhooks refused", site.metrics.refused_by_reason()
    forged = {why: count for why, count in found.items() if why.startswith("signature_")}
    if not forged:
        return Sign(name, True, "None for its signature, since this process was started.")
    told = ", ".join(
        f"{count:,} {why.removeprefix('signature_')}" for why, count in sorted(forged.items())
    )
    fix = "do DIALER_WEBHOOK_KEYS hold the key with the webhook badge at Retell?"
    return Sign(name, None, f"For their signature, since this process was started: {told}.", fix)


def _retell(seen: Seen, *, now: datetime) -> Sign:
    asked, answered = seen.vitals.provider_asked_at, seen.vitals.provider_answered_at
    state = seen.gate
    if asked is None or state is None:
        return Sign("Retell", None, "It was not asked yet; it is while a campaign runs.")
    if answered is None or asked - answered > ANSWER_LATE:
        well = None if answered is None else False
        last = "No answer is known" if answered is None else f"Last answered {_ago(now - answered)}"
        fix = "does Retell accept the key, and can this machine reach it?"
        return Sign("Retell", well, f"{last}; last asked {_ago(now - asked)}.", fix)
    allows = "an unknown number of" if state.provider_lines is None else f"{state.provider_lines:,}"
    return Sign(
        "Retell",
        True,
        f"Last answered {_ago(now - answered)}: it allows {allows} outbound calls at once,"
        f" {state.foreign_calls:,} of them are not ours, {state.headroom:,} are kept free;"
        f" {lines_in_force(state, now=now).lines:,} are ours to use now.",
    )


def _beat(state: Health, *, now: datetime) -> Sign:
    """Tell when beat last gave its order of every minute, and a worker took it."""
    run = state.runs.get(AuditKind.RECENT)
    begun = run.claimed_at if run is not None else None
    if begun is None:
        return Sign("Beat", None, "It has not given an order yet.", "start beat and worker-files")
    late = now - begun > BEAT_LATE
    seen = f"Its order of every minute was taken {_ago(now - begun)}."
    return Sign("Beat", not late, seen, "do beat and worker-files run?" if late else None)


def _incidents(state: Health) -> Sign:
    if not state.open_incidents:
        return Sign("Incidents", True, "None is open.")
    seen = f"{state.open_incidents:,} wait for somebody to look at them."
    return Sign("Incidents", False, seen, link=_PROBLEMS)


def _clock(seen: Seen) -> Sign:
    if seen.vitals.clock is None:
        return Sign("Clock", True, "The database has the clock of this machine.")
    apart = abs(seen.vitals.clock - seen.at)
    well = apart <= SKEW
    told = f"The database's clock and ours are {apart.total_seconds():.1f} s apart."
    return Sign("Clock", well, told, None if well else "let both machines ask a time server")


def _disk(site: Site) -> Sign:
    home = site.settings.home
    there = next(path for path in (home, *home.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    seen = f"{free / LITTLE_DISK:,.1f} GB are free for {home}."
    fix = "make room: uploads, exports and an embedded database lie there"
    return Sign("Disk", free > LITTLE_DISK, seen, None if free > LITTLE_DISK else fix)


def _version(revision: str | None) -> Sign:
    tables = f", tables of revision {revision}" if revision is not None else ""
    return Sign(
        "Version", True, f"Dialer {__version__}, Python {platform.python_version()}{tables}."
    )


def _ago(age: timedelta) -> str:
    return f"{_age(age)} ago"


def _age(age: timedelta) -> str:
    seconds = max(0.0, age.total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
