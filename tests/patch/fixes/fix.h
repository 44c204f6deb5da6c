/* What the fixes share: the program's own header, and the author's. */
#include <stdint.h>

#include <wisp_patch.h>

#include "program.h"
