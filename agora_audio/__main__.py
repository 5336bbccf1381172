"""``python -m agora_audio``."""

import sys

from agora_audio.cli import main

sys.exit(main())
