#!/usr/bin/env python3
"""In memory: our transform, all checks on, beside simdjson's on-demand parser that merely reads every field of the same bytes. CPU time of one
core. With the lean mapping, which every peer can do (mappings/), and with the shipped one: captions, observables, identities and all."""
from bench import MAP, PROCESSES, LEAN, compiled_reader, data, figure, median_speed, options, ratio, take_turns

PART = "transform"
# A row: name, megabytes, how it is made, the table of bare rows, bounds of (lean, shipped) against simdjson.
FILES = [("process rows", 256, ["--table", "DeviceProcessEvents"], PROCESSES, (2.2, 1.2)),
         ("mixed tables", 256, ["--table", "mix", "--shape", "records"], [], (1.8, 1.2)),
         ("shuffled keys", 128, ["--table", "DeviceProcessEvents", "--shuffle-keys"], PROCESSES, (1.0, None)),
         ("Event Hubs messages", 256, ["--table", "mix", "--shape", "eventhub"], [], (None, None))]
ANSWERS_MB = 160


def beside_simdjson(o, name, megabytes, how, table, bounds):
    path = data(name.replace(" ", "-"), megabytes * o.share, *how)
    passes = take_turns({"lean": [MAP, *LEAN, *table, path], "shipped": [MAP, *table, path], "simdjson": [compiled_reader(), path]}, o.rounds)
    for mapping, bound in zip(("lean", "shipped"), bounds):
        ours, theirs = passes[mapping], passes["simdjson"]
        figure(PART, f"{name}, {mapping} mapping / simdjson reads them", ratio(ours, theirs), at_least=bound, mb_s=median_speed(ours),
               peer_mb_s=median_speed(theirs), bytes_out_per_in=round(ours[0]["bytes_out"] / ours[0]["bytes_in"], 3), records=ours[0]["records"])


def answers(o):
    """Answers of 10,000 rows, each one document of some 35 MB, beside the same rows as lines."""
    path = data("answers", ANSWERS_MB * o.share, "--table", "DeviceProcessEvents", "--shape", "graph")
    lines = data("rows-of-answers", ANSWERS_MB * o.share, "--table", "DeviceProcessEvents")
    passes = take_turns({"answers": [MAP, *LEAN, *PROCESSES, path], "lines": [MAP, *LEAN, *PROCESSES, lines],
                         "simdjson": [compiled_reader(), path]}, o.rounds)
    for what, bound in (("lines", 0.9), ("simdjson", None)):
        other = "the same rows as lines" if what == "lines" else "simdjson reads them"
        figure(PART, f"Graph answers, lean mapping / {other}", ratio(passes["answers"], passes[what]), at_least=bound,
               mb_s=median_speed(passes["answers"]), peer_mb_s=median_speed(passes[what]), records=passes["answers"][0]["records"])


def main():
    o = options(__doc__)
    for row in FILES:
        beside_simdjson(o, *row)
    answers(o)


main()
