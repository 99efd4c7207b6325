"""A Retell that runs on loopback, for rehearsals, tests and benchmarks.

`engine.Exchange` is the whole telephone exchange without sockets, threads or a clock: whoever
holds it passes the moment in and asks what is due. `server` puts HTTP and the real clock around it.
"""
