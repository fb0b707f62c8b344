/* SPDX-License-Identifier: Apache-2.0 */
#include "streamer/privileges/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/units.h"
#include "proto/base/util.h"
#include "streamer/privileges/capabilities.h"
#include "streamer/privileges/reader-group.h"

#define PASSWD "/etc/passwd"
#define SERVICE "ringside"

static const struct user root = {.name = "root"};

/* The machine's own users alone: see reader-group.c. A number need not be in the file. */
static int find_user(const char *name, struct user *ret)
{
	_cleanup_fclose_ FILE *f = fopen(PASSWD, "re");
	struct passwd entry, *found;
	char buf[16384];
	uint64_t uid = 0;
	const char *end = units_number(name, UINT32_MAX - 1, &uid);
	bool number = end && !*end;

	*ret = (struct user){.uid = (uid_t)uid, .gid = (gid_t)uid};
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	while (f && !fgetpwent_r(f, &entry, buf, sizeof(buf), &found)) {
		if (number ? found->pw_uid != (uid_t)uid : strcmp(found->pw_name, name) != 0)
			continue;
		(void)snprintf(ret->name, sizeof(ret->name), "%s", found->pw_name);
		ret->uid = found->pw_uid;
		ret->gid = found->pw_gid;
		return 0;
	}
	return number ? 0 : -ENOENT;
}

static void add_user(struct users *users, const struct user *user)
{
	users->found[users->n] = *user;
	users->found[users->n++].changes = user->uid != users->self.uid;
}

/* sudo says who that is; of others nobody could set this in root's environment. */
static bool find_caller(struct user *ret)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID"), *end;
	uint64_t n;

	if (!uid || !gid || find_user(uid, ret) || !ret->uid)
		return false;
	end = units_number(gid, UINT32_MAX - 1, &n);
	if (!end || *end)
		return false;
	ret->gid = (gid_t)n;
	return true;
}

static bool may_change(void)
{
	struct caps caps;

	return !caps_get(&caps) && caps.effective & CAPS_OF(CAP_SETUID) &&
	       caps.effective & CAPS_OF(CAP_SETGID);
}

static int take_wish(struct users *users, const char *wish, char *error, size_t size)
{
	struct user user;

	if (find_user(wish, &user))
		return refuse(error, size, -ENOENT, "--user %s: " PASSWD " has no such user", wish);
	add_user(users, &user);
	if (!users->found[0].changes || may_change())
		return 0;
	return refuse(error, size, -EPERM,
		      "--user %s: only root, with CAP_SETUID and CAP_SETGID, can become another "
		      "user",
		      wish);
}

int users_find(struct users *ret, const char *wish, char *error, size_t size)
{
	struct user user;
	char number[16];

	*ret = (struct users){.self = {.uid = geteuid(), .gid = getegid()}};
	(void)snprintf(number, sizeof(number), "%u", ret->self.uid);
	(void)find_user(number, &user);
	memcpy(ret->self.name, user.name, sizeof(user.name));
	if (wish)
		return take_wish(ret, wish, error, size);
	if (ret->self.uid != root.uid)
		return 0;
	if (!may_change()) {
		ret->stays = "it stays user root: CAP_SETUID and CAP_SETGID are missing";
		return 0;
	}
	if (!find_user(SERVICE, &user) && user.uid != root.uid)
		add_user(ret, &user);
	if (find_caller(&user)) {
		add_user(ret, &user);
		ret->ran = &ret->found[ret->n - 1];
	}
	if (!ret->n)
		ret->stays = "it stays user root: there is no user " SERVICE
			     " (`adduser --system --group " SERVICE "` makes one; or --user NAME)";
	return 0;
}

static bool may_make(int folder_fd)
{
	return !faccessat(folder_fd, ".", W_OK | X_OK, AT_EACCESS);
}

static int try_as_self(int folder_fd)
{
	struct caps caps, none;
	bool may;
	int r = caps_get(&caps);

	if (r < 0)
		return r;
	none = caps;
	none.effective = 0;
	r = caps_set(&none);
	if (r < 0)
		return r;
	may = may_make(folder_fd);
	r = caps_set(&caps);
	return r < 0 ? r : may ? 0 : -EACCES;
}

/* With the user's rights for a moment: the file system knows best who may do what. */
static int try_as(const struct user *user, int folder_fd)
{
	gid_t groups[NGROUPS_MAX], ringside;
	bool may, member = !reader_group_find(SERVICE, &ringside);
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	int n = getgroups(NGROUPS_MAX, groups);

	if (n < 0)
		return -errno;
	may = !setgroups(member, &ringside) && !setegid(user->gid) && !seteuid(user->uid) &&
	      may_make(folder_fd);
	/* First the user, whose capabilities the rest takes. Without its rights nothing works, and
	 * what comes next will say so. */
	if (seteuid(uid) || setegid(gid) || setgroups((size_t)n, groups))
		return -EACCES;
	return may ? 0 : -EACCES;
}

static int try_user(const struct user *user, int folder_fd)
{
	if (folder_fd < 0)
		return 0;
	return user->changes ? try_as(user, folder_fd) : try_as_self(folder_fd);
}

static int refuse_folder(const struct user *user, const char *path, char *error, size_t size)
{
	return refuse(error, size, -EACCES,
		      "files could not be made in %s later on, as user %s without privileges, "
		      "which is all that is left once the probes are attached: use a folder of "
		      "this user's, or give --user the name of the folder's owner",
		      path, user->name);
}

int users_choose(const struct users *users, int owner_fd, int make_fd, const char *path,
		 struct user *ret, char *error, size_t size)
{
	const struct user *first = users->n ? &users->found[0] : &users->self;
	struct stat st;

	if (users->ran && owner_fd >= 0 && !fstat(owner_fd, &st) && st.st_uid == users->ran->uid &&
	    !try_user(users->ran, make_fd)) {
		*ret = *users->ran;
		return 0;
	}
	for (unsigned i = 0; i < users->n; i++) {
		if (try_user(&users->found[i], make_fd))
			continue;
		*ret = users->found[i];
		return 0;
	}
	if (users->n || try_user(&users->self, make_fd))
		return refuse_folder(first, path, error, size);
	*ret = users->self;
	return 0;
}
