// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* macOS takes no memory back, and hides it by minherit(); see advice.h. */
#include "advice.h"

bool advice_removes(void)
{
	return false;
}

bool advice_hides(void)
{
	return true;
}
