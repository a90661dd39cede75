#!/usr/bin/env python3
"""What the daemon's metrics.prom is to Prometheus' own Python client.

    check_metrics.py < metrics.prom

Reads the text from standard input with the client's parser, as a scraper would, and looks at what its readers rely on.
Exit status: 0 all is as it must be, 1 something is not. Needs prometheus-client of requirements.txt.
"""

import math
import sys

from prometheus_client.parser import text_string_to_metric_families

families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}
faults = []

for family in families.values():
    if not family.name.startswith("ganomaly_"):
        faults.append(f"'{family.name}' does not begin with 'ganomaly_'")
    if not family.documentation:
        faults.append(f"'{family.name}' has no HELP")
    if family.type not in ("counter", "gauge", "histogram"):
        faults.append(f"'{family.name}' has the type '{family.type}'")
    if family.type == "histogram":
        buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
        counts = [sample.value for sample in family.samples if sample.name.endswith("_count")]
        bounds = [float(sample.labels["le"]) for sample in buckets]
        values = [sample.value for sample in buckets]
        if bounds != sorted(bounds) or bounds[-1] != math.inf or values != sorted(values) or counts != values[-1:]:
            faults.append(f"the histogram '{family.name}' is not whole")

# The client takes '_total' off a counter's name.
for name in ("inspections", "overflows", "rescans", "ignored_names", "journal_lost"):
    if families.get(f"ganomaly_{name}", None) is None or families[f"ganomaly_{name}"].type != "counter":
        faults.append(f"there is no counter 'ganomaly_{name}_total'")
for name in ("queue_files", "watch_up", "model_info", "build_info", "start_time_seconds"):
    if not families.get(f"ganomaly_{name}", None) or not families[f"ganomaly_{name}"].samples:
        faults.append(f"there is no gauge 'ganomaly_{name}'")

for fault in faults:
    print(fault, file=sys.stderr)
print(f"metrics: {len(families)} families, {sum(len(family.samples) for family in families.values())} samples read")
sys.exit(1 if faults else 0)
