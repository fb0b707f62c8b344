/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer/serve/microhttpd.h"

#include <dlfcn.h>

#include "proto/base/util.h"

int mhd_load(struct mhd *mhd)
{
	*mhd = (struct mhd){.handle = dlopen(MHD_LIBRARY, RTLD_NOW | RTLD_LOCAL)};
	if (!mhd->handle)
		return -ENOPKG;
#define ROW(name)                                                                                  \
	mhd->name = (__typeof__(mhd->name))dlsym(mhd->handle, "MHD_" #name);                       \
	if (!mhd->name) {                                                                          \
		mhd_unload(mhd);                                                                   \
		return -ENOPKG;                                                                    \
	}
	MHD_FUNCTIONS(ROW)
#undef ROW
	return 0;
}

void mhd_unload(struct mhd *mhd)
{
	if (mhd->handle)
		(void)dlclose(mhd->handle);
	*mhd = (struct mhd){0};
}
