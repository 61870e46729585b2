# SPDX-License-Identifier: Apache-2.0
"""python -m raywave COMMAND ...: the commands that are written in Python, with the words that the program `raywave` has for them."""
import importlib
import sys

# command: the module whose main(arguments) answers
COMMANDS = {"campaign": ".campaigns.command", "explore": ".explore.command", "fit": ".inverse.command", "new": "._new_command", "scene": "._scene_command"}


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        print(f"usage: python -m raywave {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return 2
    from ._raywave import Error
    try:
        return importlib.import_module(COMMANDS[arguments[0]], "raywave").main(arguments[1:])
    except Error as error:
        print(f"raywave: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("raywave: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
