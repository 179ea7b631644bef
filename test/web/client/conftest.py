"""The example for Next.js is built and run with --long only: to install it takes 340 MB and longer than the rest."""
import pytest


def is_left_out(name, config):
    return True if name == "test_next.py" and not config.getoption("--long") else None


if int(pytest.__version__.split(".", 1)[0]) >= 7:
    def pytest_ignore_collect(collection_path, config):
        return is_left_out(collection_path.name, config)
else:  # Ubuntu 22.04 has 6.2
    def pytest_ignore_collect(path, config):
        return is_left_out(path.basename, config)
