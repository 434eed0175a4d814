import sys

from common.workbooks import main

sys.exit(main(sys.argv[1:]))
