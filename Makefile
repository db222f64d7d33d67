# The two commands: `make run` and `make test`. Behind them stand Meson and Ninja.

.PHONY: build run test bench bench-store clean format

# Leaves build/im_service. Needs no test library: tests have builds of their own.
build:
	@test -f build/build.ninja || meson setup build -Dtests=false
	@ninja -C build

run:
	@tools/setup run
	@$(MAKE) --no-print-directory build
	@exec build/im_service serve --data ./data

test:
	@tools/setup test
	@tools/test

bench: build
	@bench/run

# From empty to 10 million messages, and history and start-up on them: an hour and 20 GB.
bench-store: build
	@bench/run store history10m start --docs

clean:
	rm -rf build

format:
	git ls-files '*.c' '*.h' '*.cc' | xargs clang-format -i
