# The two commands: `make run` and `make test`. Behind them stand Meson and Ninja.

.PHONY: build run test test-s3 test-cluster test-web test-failure property bench bench-store clean format

# Leaves build/im_service. Needs no test library: tests have builds of their own. IM_WEB=no leaves the web client out,
# and with it all need of Node.js.
web = $(if $(filter no,$(IM_WEB)),false,true)

build:
	@test -f build/build.ninja || meson setup build -Dtests=false -Dweb=$(web)
	@ninja -C build

run:
	@tools/setup run
	@$(MAKE) --no-print-directory build
	@exec build/im_service serve --data ./data

test:
	@tools/setup test
	@tools/test

# Files in a bucket, against a real S3 server. It is built once from the Go module proxy, which takes some minutes: that
# is why it has a target of its own. Last run: 2026-11-26, all passed.
test-s3:
	@tools/setup s3
	@tools/test s3

# Several nodes over one database: twenty deaths instead of two, and the contract suite spread over three nodes. Last
# run: 2026-11-26, all but six, which were mended (claims about one node) and played again by themselves.
test-cluster:
	@tools/setup test
	@tools/test clusterplay

# All that people do in the web client, in a real Chromium, and every screen at every size: a part of it is in test.
# Screenshots are left in build/screenshots. Last run: 2026-11-26, 174 of 175 passed in 16 minutes; the one, whose test
# looked at colours while they faded, was mended and played again.
test-web:
	@tools/setup test
	@tools/test webplay

# Nodes, Redis, MariaDB and servers of a Galera cluster die or are cut off under load, each 20 times (IM_FAULTS); test
# does each of them twice. Last run: 2026-11-26, all passed.
test-failure:
	@tools/setup test
	@tools/test failure

# What test does of it in a minute, for an hour: devices that come and go converge on one state. IM_SEED repeats a run.
property: build
	@IM_SERVER=$(CURDIR)/build/im_service IM_PROPERTY_SECONDS=$${IM_PROPERTY_SECONDS:-3600} \
		/usr/bin/python3 -m pytest -q -s test/property

bench: build
	@tools/setup bench
	@bench/run

# From empty to 10 million messages, and history and start-up on them: an hour and 20 GB.
bench-store: build
	@bench/run store history10m start --docs

clean:
	rm -rf build

format:
	git ls-files '*.c' '*.h' '*.cc' | xargs clang-format -i
