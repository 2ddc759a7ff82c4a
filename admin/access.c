#include <apr_strings.h>
#include <apr_user.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operate.h"

/* Whether httpd's children can read the store, which they do while httpd runs; never to write it. */

#define READ 4
#define SEARCH 1
#define GROUPS 256

/* Who the children are. */
typedef struct reader_t {
    uid_t user;
    gid_t groups[GROUPS];
    int count;                  /* of groups */
    const char *name, *group;   /* for people */
} reader_t;

/* By whom httpd was started tells whether its children changed to its User and Group. */
static int find_reader(reader_t *reader, const lyncadm_httpd_t *httpd, apr_pool_t *p)
{
    char *name = NULL, *group = NULL;
    int started = 0;
    struct stat served;
    apr_gid_t first = (apr_gid_t)httpd->group;
    apr_uid_t ignored;

    if (httpd->user < 0 || httpd->group < 0)
        return 0;
    if (httpd->served && stat(httpd->served, &served) == 0)
        started = 1;
    if (!started && geteuid() != 0)
        return 0;
    reader->user = started && served.st_uid != 0 ? served.st_uid : (uid_t)httpd->user;
    if (apr_uid_name_get(&name, reader->user, p) != APR_SUCCESS)
        return 0;
    if (started && served.st_uid != 0 && apr_uid_get(&ignored, &first, name, p) != APR_SUCCESS)
        return 0;
    reader->count = GROUPS;
    if (getgrouplist(name, first, reader->groups, &reader->count) < 0)
        reader->count = GROUPS;
    reader->name = name;
    reader->group = apr_gid_name_get(&group, first, p) == APR_SUCCESS ? group : apr_psprintf(p, "%u", (unsigned)first);
    return 1;
}

static int is_member(const reader_t *reader, gid_t group)
{
    int i;

    for (i = 0; i < reader->count; ++i)
        if (reader->groups[i] == group)
            return 1;
    return 0;
}

/* As the kernel decides it, but for lists of access rights. */
static int allows(const struct stat *info, const reader_t *reader, mode_t right)
{
    int shift = info->st_uid == reader->user ? 6 : is_member(reader, info->st_gid) ? 3 : 0;

    return reader->user == 0 || (info->st_mode >> shift & right) != 0;
}

/* The first directory on the way to the store that is closed to the reader, or NULL. */
static const char *closed_directory(const char *path, const reader_t *reader, apr_pool_t *p)
{
    char *directory = apr_pstrdup(p, path), *slash;
    struct stat info;

    for (slash = strchr(directory + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (stat(directory, &info) || !allows(&info, reader, SEARCH))
            return directory;
        *slash = '/';
    }
    return NULL;
}

/* The group gets the right to read and no other: a group that could write would now be httpd's. One that somebody
 * gave the store to on purpose keeps it. No link is followed, which who owns the directory could put there meanwhile;
 * and the file is not opened, because closing it would end SQLite's locks. */
static int give(const char *path, const struct stat *info, const reader_t *reader)
{
    mode_t mode = (info->st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IXGRP)) | S_IRGRP;

    if (info->st_gid != 0 && info->st_gid != getegid() && info->st_gid != reader->groups[0])
        return 0;
    if (mode != (info->st_mode & 07777) && fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW))
        return 0;
    return info->st_gid == reader->groups[0] || !lchown(path, (uid_t)-1, reader->groups[0]);
}

const char *lyncadm_access(lyncadm_t *adm, const lyncadm_httpd_t *httpd)
{
    apr_pool_t *p = adm->pool;
    const char *closed, *who;
    reader_t reader = { 0 };
    struct stat info;
    char *path = realpath(adm->store, NULL), *copy = apr_pstrdup(p, path ? path : adm->store);

    free(path);
    if (!find_reader(&reader, httpd, p) || stat(copy, &info))
        return NULL;
    who = apr_psprintf(p, "httpd's children (user %s, group %s)", reader.name, reader.group);
    closed = closed_directory(copy, &reader, p);
    if (closed)
        return apr_psprintf(p, "%s cannot read the store, because directory '%s' is closed to them: 'chmod o+x %s' "
                            "opens it", who, closed, closed);
    if (allows(&info, &reader, READ) || give(copy, &info, &reader))
        return NULL;
    return apr_psprintf(p, "%s cannot read the store: as root, 'chgrp %s %s && chmod g+r,g-w %s' lets them", who,
                        reader.group, copy, copy);
}
