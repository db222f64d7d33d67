# The two commands: `make run` and `make test`. Behind them stand Meson and Ninja.

.PHONY: build run test bench clean format

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

clean:
	rm -rf build

format:
	git ls-files '*.c' '*.h' '*.cc' | xargs clang-format -i
