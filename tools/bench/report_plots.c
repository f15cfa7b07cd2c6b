// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/* Plots of the results, drawn by gnuplot. See report.h. */
#include "report.h"

#include <err.h>

int report_plots(const struct results *results, const char *folder)
{
	(void)results;
	warnx("%s: no plots yet", folder);
	return 1;
}
