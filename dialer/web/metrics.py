"""Metrics for Prometheus: what this process saw, and what the database says at the scrape."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dialer.actions.health import Health, health
from dialer.actions.world import World
from dialer.domain.lines import lines_in_force
from dialer.domain.states import LeadStatus
from dialer.log import get_logger
from dialer.store import figures, gate, result_delivery
from dialer.store.audits import AuditKind
from dialer.store.database import Connection
from dialer.store.result_delivery import Standing

log = get_logger(__name__)

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one web process, in a registry of their own."""

    def __init__(self, world: Callable[[], World]) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "dialer_webhooks",
            "Webhooks whose signature was good, by event and by what became of them",
            ("event", "result"),
            registry=self.registry,
        )
        self.refused = Counter(
            "dialer_webhooks_refused",
            "Webhooks that were not kept, by reason; a signature's reasons begin with signature_",
            ("reason",),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "dialer_webhook_seconds",
            "Seconds from the head of a webhook to the answer",
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.functions = Counter(
            "dialer_functions",
            "Functions that agents asked for, by name and by what became of them",
            ("function", "result"),
            registry=self.registry,
        )
        self.function_seconds = Histogram(
            "dialer_function_seconds",
            "Seconds from the head of such a request to the answer",
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.hints_dropped = Counter(
            "dialer_hints_dropped",
            "Messages to the workers not sent because too many wait; reconcile does their work",
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.registry.register(DatabaseFigures(world))

    def refused_by_reason(self) -> dict[str, int]:
        """Give how many webhooks this process did not keep, by reason."""
        return {
            sample.labels["reason"]: int(sample.value)
            for metric in self.refused.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }

    def text(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self.registry)


class DatabaseFigures(Collector):
    """Gauges read at each scrape. Without a database only `dialer_database_up` is given."""

    def __init__(self, world: Callable[[], World]) -> None:
        self._world = world

    def describe(self) -> Iterable[Metric]:
        return ()  # else the database would be asked at registration

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("dialer_database_up", "1 when the database answered this scrape")
        try:
            gauges = self._read()
        except Exception as error:  # noqa: BLE001  # a scrape tells of trouble, it has none
            log.warning("scrape_without_database", error=type(error).__name__)
            gauges = []
        up.add_metric((), 1 if gauges else 0)
        yield up
        yield from gauges

    def _read(self) -> list[Metric]:
        world = self._world()
        now = world.clock.now()

        def body(tx: Connection) -> tuple[int, int, int, dict[LeadStatus, int], Health]:
            lines = lines_in_force(gate.peek(tx), now=now).lines
            open_attempts = gate.count_open(tx).total
            return (
                open_attempts,
                lines,
                figures.new_events(tx),
                figures.leads_by_status(tx),
                health(tx, now=now),
            )

        open_attempts, lines, new_events, leads, state = world.db.read(body)
        by_status = GaugeMetricFamily("dialer_leads", "Leads by status", labels=("status",))
        for status, count in leads.items():
            by_status.add_metric((status,), count)
        return [
            GaugeMetricFamily(
                "dialer_open_attempts", "Attempts that hold a line", value=open_attempts
            ),
            GaugeMetricFamily("dialer_lines_in_force", "Lines that may be busy now", value=lines),
            GaugeMetricFamily(
                "dialer_webhook_events_new", "Webhook events not settled yet", value=new_events
            ),
            by_status,
            *_of_audit(state),
            *_of_results(world.db.read(result_delivery.standing)),
        ]


def _of_results(found: Standing) -> list[Metric]:
    figures_of = {
        "dialer_results_waiting": ("Results that other systems were not told yet", found.waiting),
        "dialer_results_dead": ("Results whose tries are used up, not acknowledged", found.dead),
        "dialer_result_addresses_failing": (
            "Addresses of results whose last try failed",
            len(found.failing),
        ),
        "dialer_result_addresses_off": (
            "Addresses of results that answered 410",
            len(found.off),
        ),
    }
    return [GaugeMetricFamily(name, text, value=n) for name, (text, n) in figures_of.items()]


def _of_audit(state: Health) -> list[Metric]:
    ages = GaugeMetricFamily(
        "dialer_audit_age_seconds", "Seconds since the last finished audit began", labels=("kind",)
    )
    for kind in AuditKind:
        if (age := state.age(kind)) is not None:
            ages.add_metric((kind,), age.total_seconds())
    figures_of = {
        "dialer_audit_broken": ("Invariants that the last audits found broken", len(state.broken)),
        "dialer_incidents_open": ("Incidents nobody has closed", state.open_incidents),
        "dialer_dead_letters": ("Webhooks that could not be settled", state.dead_letters),
        "dialer_database_doubted": (
            "1 while nobody is called because the database may have gone back in time",
            int(state.doubt is not None),
        ),
    }
    gauges = [GaugeMetricFamily(name, text, value=n) for name, (text, n) in figures_of.items()]
    return [ages, *gauges]
