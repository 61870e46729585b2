# SPDX-License-Identifier: Apache-2.0
"""The command `raywave` that pip installs, and `python -m raywave`: the compiled program, and the commands that are written in Python."""
import importlib
import sys

# the first words of the command line: the module whose main(the rest) answers
COMMANDS = {("campaign",): ".campaigns.command", ("calibrate",): ".inverse.calibrate_command", ("explore",): ".explore.command", ("fit",): ".inverse.command", ("new",): "._new_command", ("scene", "build"): "._scene_command"}


def main(arguments):
    from . import _raywave
    for words, module in COMMANDS.items():
        if tuple(arguments[:len(words)]) == words:
            break
    else:
        sys.stdout.flush()
        return _raywave._run_program(["raywave", *arguments])
    try:
        return importlib.import_module(module, "raywave").main(arguments[1:])
    except _raywave.Error as error:
        print(f"raywave: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("raywave: interrupted", file=sys.stderr)
        return 130


def command():
    """The entry of the command that pip installs."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    command()
