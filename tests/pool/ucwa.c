/* UCWA: applications and their pending GETs. All state is this server's: an application lives on
 * one Front End, the others answer 404. One child process per server makes that state simple. */
#include "pool.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "apr_atomic.h"
#include "apr_thread_mutex.h"

#define BODY_MAX (1u << 20)
#define APPLICATIONS "/ucwa/oauth/v1/applications"
#define HOLD_DEFAULT 180.0
#define HOLD_MAX 1800.0

typedef enum { HELD, EVENT, REPLACED, ENDED } outcome_t;

/* A P-GET; lives on the stack of the thread that holds it. */
typedef struct {
    int fd;                      /* eventfd, readable once the outcome is no longer HELD */
    outcome_t outcome;
} wait_t;

typedef struct {
    const char *id, *user;
    int ack;                     /* that the next P-GET has to bring */
    int events;                  /* not delivered yet */
    int holding;                 /* P-GETs that still use this struct */
    apr_time_t released;         /* when the last P-GET was answered */
    wait_t *pending;
} app_t;

static apr_thread_mutex_t *lock;
static apr_pool_t *state;
static apr_hash_t *apps;
static int made;
static volatile apr_uint32_t held;

unsigned tp_ucwa_held(void)
{
    return apr_atomic_read32(&held);
}

unsigned tp_ucwa_applications(void)
{
    unsigned n;

    apr_thread_mutex_lock(lock);
    n = apr_hash_count(apps);
    apr_thread_mutex_unlock(lock);
    return n;
}

/* Under the lock. */
static void release(app_t *app, outcome_t outcome)
{
    if (app->pending) {
        app->pending->outcome = outcome;
        eventfd_write(app->pending->fd, 1);
        app->pending = NULL;
    }
}

/* Under the lock; NULL: unknown, another user's, or idle for too long. */
static app_t *find(const char *id, const char *user, int idle)
{
    app_t *app = apr_hash_get(apps, id, APR_HASH_KEY_STRING);

    if (app && !app->holding
        && apr_time_now() - app->released > apr_time_from_sec(idle)) {
        apr_hash_set(apps, app->id, APR_HASH_KEY_STRING, NULL);
        return NULL;
    }
    return app && (!user || !strcmp(app->user, user)) ? app : NULL;
}

int tp_ucwa_event(const char *id)
{
    app_t *app;

    apr_thread_mutex_lock(lock);
    app = apr_hash_get(apps, id, APR_HASH_KEY_STRING);
    if (app) {
        app->events++;
        release(app, EVENT);
    }
    apr_thread_mutex_unlock(lock);
    return app != NULL;
}

static int error(request_rec *r, int status, const char *code, const char *subcode)
{
    return tp_reply(r, status, "application/json",
                    apr_pstrcat(r->pool, "{\"code\":\"", code, "\",\"subcode\":\"", subcode,
                                "\",\"message\":\"", subcode, "\"}", NULL));
}

static const char *href(request_rec *r, const char *id, const char *rest)
{
    return apr_pstrcat(r->pool, "{\"href\":\"" APPLICATIONS "/", id, rest, "\"}", NULL);
}

static const char *application_json(request_rec *r, const char *id)
{
    return apr_pstrcat(r->pool, "{\"id\":\"", id, "\",\"_links\":{\"self\":", href(r, id, ""),
                       ",\"batch\":", href(r, id, "/batch"),
                       ",\"events\":", href(r, id, "/events?ack=1"),
                       "},\"_embedded\":{\"me\":{\"_links\":{\"self\":", href(r, id, "/me"),
                       ",\"photo\":", href(r, id, "/photos/alice@contoso.com"),
                       ",\"reportMyActivity\":", href(r, id, "/reportMyActivity"),
                       "}}},\"rel\":\"application\"}", NULL);
}

static int create(request_rec *r, const tp_conf_t *conf, const char *user)
{
    app_t *app;
    char *body;
    int status = tp_body_read(r, BODY_MAX, &body, NULL);

    if (status != OK) {
        return status;
    }
    apr_thread_mutex_lock(lock);
    app = apr_pcalloc(state, sizeof(*app));
    app->id = apr_psprintf(state, "%d%05d", conf->number, ++made);
    app->user = apr_pstrdup(state, user);
    app->ack = 1;
    app->released = apr_time_now();
    apr_hash_set(apps, app->id, APR_HASH_KEY_STRING, app);
    apr_thread_mutex_unlock(lock);
    apr_table_setn(r->headers_out, "P3P", "CP=\"IDC CUR ADM PSA PSD TAI IVD\"");
    apr_table_addn(r->headers_out, "Set-Cookie",
                   apr_pstrcat(r->pool, "cwt_ucwa=", tp_token_cwt(r, user, 28800) + 4,
                               "; path=" APPLICATIONS "/", app->id, "/photos; secure; HttpOnly",
                               NULL));
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache");
    return tp_reply(r, HTTP_CREATED, "application/json; charset=utf-8",
                    application_json(r, app->id));
}

static int events_reply(request_rec *r, const app_t *app, int ack, const char *link, int events)
{
    const char *accept = apr_table_get(r->headers_in, "Accept");
    const char *base = apr_pstrcat(r->pool, APPLICATIONS "/", app->id, "/events?ack=", NULL);

    apr_table_setn(r->headers_out, "Cache-Control", "no-cache");
    if (accept && strstr(accept, "application/vnd.microsoft.com.ucwa+xml")) {
        return tp_reply(r, HTTP_OK, "application/vnd.microsoft.com.ucwa+xml; charset=utf-8",
                        apr_psprintf(r->pool, "<events xmlns=\"http://schemas.microsoft.com/rtc/"
                                     "2012/03/ucwa\" href=\"%s%d\"><link rel=\"%s\" "
                                     "href=\"%s%d\"/><count>%d</count></events>",
                                     base, ack, link, base, app->ack, events));
    }
    return tp_reply(r, HTTP_OK, "application/json; charset=utf-8",
                    apr_psprintf(r->pool, "{\"_links\":{\"self\":{\"href\":\"%s%d\"},\"%s\":"
                                 "{\"href\":\"%s%d\"}}%s}", base, ack, link, base, app->ack,
                                 events ? apr_psprintf(r->pool, ",\"sender\":[{\"rel\":\"me\","
                                                       "\"count\":%d}]", events) : ""));
}

static long hold_time(request_rec *r)
{
    const char *text = tp_arg(r, "timeout");
    double seconds = text ? strtod(text, NULL) : HOLD_DEFAULT;

    if (!(seconds >= 0)) {
        seconds = 0;
    }
    return (long)((seconds > HOLD_MAX ? HOLD_MAX : seconds) * 1000);
}

/* Under the lock before and after; what became of the P-GET, -1: its client has gone. */
static int hold(request_rec *r, app_t *app)
{
    wait_t wait = { -1, HELD };
    int woken = 0;

    release(app, REPLACED);
    if (app->events) {
        return EVENT;
    }
    wait.fd = eventfd(0, EFD_CLOEXEC);
    /* cppcheck-suppress autoVariables ; taken back below, under the lock */
    app->pending = &wait;
    app->holding++;
    apr_atomic_inc32(&held);
    apr_thread_mutex_unlock(lock);
    woken = tp_wait(r, wait.fd, hold_time(r));
    apr_thread_mutex_lock(lock);
    apr_atomic_dec32(&held);
    app->holding--;
    if (app->pending == &wait) {
        app->pending = NULL;
    }
    close(wait.fd);
    app->released = apr_time_now();
    return woken < 0 ? -1 : (int)wait.outcome;
}

/* Under the lock, the answers too: they are small and stay in memory until the handler is done. */
static int events(request_rec *r, app_t *app)
{
    int ack = (int)tp_arg_int(r, "ack", 0), outcome, count;

    if (ack != app->ack) {
        return events_reply(r, app, ack, "resync", 0);
    }
    outcome = hold(r, app);
    switch (outcome) {
    case REPLACED:
        tp_req(r)->note = "replaced";
        return error(r, HTTP_CONFLICT, "Conflict", "PGetReplaced");
    case ENDED:
        tp_req(r)->note = "ended";
        return error(r, HTTP_NOT_FOUND, "NotFound", "ApplicationNotFound");
    case HELD:
    case EVENT:
        count = app->events;
        app->events = 0;
        app->ack++;
        return events_reply(r, app, ack, "next", count);
    default:
        tp_req(r)->note = "gone";
        r->connection->aborted = 1;
        return OK;
    }
}

static const char *batch_part(request_rec *r, const char *boundary, const char *line)
{
    const char *target = strchr(line, ' ');
    const char *path = target ? apr_pstrmemdup(r->pool, target + 1, strcspn(target + 1, " \r\n"))
                              : "";
    const char *json = apr_pstrcat(r->pool, "{\"href\":", tp_json(r->pool, path), "}", NULL);

    return apr_psprintf(r->pool, "--%s\r\nContent-Type: application/http; msgtype=response\r\n\r\n"
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: %" APR_SIZE_T_FMT "\r\n\r\n%s\r\n", boundary,
                        strlen(json), json);
}

static int batch(request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *boundary = type ? ap_strcasestr(type, "boundary=") : NULL, *answer = "", *part;
    char *body;
    int status = tp_body_read(r, BODY_MAX, &body, NULL);

    if (status != OK) {
        return status;
    }
    if (!boundary || ap_cstr_casecmpn(type, "multipart/batching", 18)) {
        return error(r, HTTP_UNSUPPORTED_MEDIA_TYPE, "BadRequest", "UnsupportedMediaType");
    }
    boundary = apr_pstrmemdup(r->pool, boundary + 9 + (boundary[9] == '"'),
                              strcspn(boundary + 9 + (boundary[9] == '"'), "\";"));
    part = strstr(body, apr_pstrcat(r->pool, "--", boundary, NULL));
    while (part && (part = strstr(part, "\r\n\r\n")) != NULL) {
        answer = apr_pstrcat(r->pool, answer, batch_part(r, boundary, part + 4), NULL);
        part = strstr(part, apr_pstrcat(r->pool, "--", boundary, NULL));
    }
    return tp_reply(r, HTTP_OK,
                    apr_psprintf(r->pool, "multipart/batching; boundary=\"%s\"", boundary),
                    apr_pstrcat(r->pool, answer, "--", boundary, "--\r\n", NULL));
}

static int change(request_rec *r)
{
    const char *match = apr_table_get(r->headers_in, "If-Match");

    if (!match) {
        return error(r, HTTP_PRECONDITION_REQUIRED, "PreconditionRequired", "IfMatchRequired");
    }
    if (strcmp(match, "\"1\"") && strcmp(match, "*")) {
        return error(r, HTTP_PRECONDITION_FAILED, "PreconditionFailed", "PreconditionFailed");
    }
    return tp_reply(r, HTTP_OK, "application/json", "{}");
}

/* Any resource of an application; the lock is not held. */
static int resource(request_rec *r, const char *id, const char *rest)
{
    char *body;
    int status;

    if (!strcmp(rest, "/batch")) {
        return batch(r);
    }
    status = tp_body_read(r, BODY_MAX, &body, NULL);
    if (status != OK) {
        return status;
    }
    switch (r->method_number) {
    case M_POST:
        tp_ucwa_event(id);
        return tp_reply(r, HTTP_CREATED, "application/json", "{}");
    case M_PUT:
        return change(r);
    case M_DELETE:
        r->status = HTTP_NO_CONTENT;
        return OK;
    default:
        apr_table_setn(r->headers_out, "ETag", "\"1\"");
        return tp_reply(r, HTTP_OK, strstr(rest, "/photos/") ? "image/jpeg" : "application/json",
                        apr_pstrcat(r->pool, "{\"_links\":{\"self\":", href(r, id, rest), "}}",
                                    NULL));
    }
}

static int application(request_rec *r, const tp_conf_t *conf, const char *user, const char *rest)
{
    const char *id = apr_pstrmemdup(r->pool, rest, strcspn(rest, "/"));
    int status = DECLINED;
    app_t *app;

    rest += strlen(id);
    apr_thread_mutex_lock(lock);
    app = find(id, user, conf->idle);
    if (!app) {
        status = error(r, HTTP_NOT_FOUND, "NotFound", "ApplicationNotFound");
    }
    else if (!strcmp(rest, "/events") && r->method_number == M_GET) {
        status = events(r, app);
    }
    else if (!*rest && r->method_number == M_DELETE) {
        apr_hash_set(apps, app->id, APR_HASH_KEY_STRING, NULL);
        release(app, ENDED);
        r->status = HTTP_NO_CONTENT;
        status = OK;
    }
    apr_thread_mutex_unlock(lock);
    if (status != DECLINED) {
        return status;
    }
    if (!*rest) {
        return tp_reply(r, HTTP_OK, "application/json; charset=utf-8", application_json(r, id));
    }
    return resource(r, id, rest);
}

/* A browser gets photos with the cookie that came with the application. */
static const char *cookie_user(request_rec *r, const char *rest)
{
    const char *cookies = apr_table_get(r->headers_in, "Cookie");
    const char *value = cookies && strstr(rest, "/photos/") ? strstr(cookies, "cwt_ucwa=") : NULL;

    if (!value) {
        return NULL;
    }
    value += strlen("cwt_ucwa=");
    apr_table_setn(r->headers_in, "Authorization",
                   apr_pstrcat(r->pool, "Bearer cwt=",
                               apr_pstrmemdup(r->pool, value, strcspn(value, "; ")), NULL));
    return tp_token_bearer_user(r);
}

int tp_ucwa(request_rec *r, const tp_conf_t *conf, const char *rest)
{
    const char *user = tp_token_bearer_user(r), *path;

    user = user ? user : cookie_user(r, rest);
    if (!user) {
        apr_table_addn(r->err_headers_out, "WWW-Authenticate",
                       apr_pstrcat(r->pool, "MsRtcOAuth href=\"", tp_base(r, conf),
                                   "/WebTicket/oauthtoken\",grant_type=\"urn:microsoft.rtc:"
                                   "windows,urn:microsoft.rtc:anonmeeting,password\"", NULL));
        return tp_reply(r, HTTP_UNAUTHORIZED, "text/html", "");
    }
    path = strstr(rest, "/v1/applications");
    if (path != rest && path != rest + strlen("/oauth")) {
        return tp_reply_page(r, HTTP_NOT_FOUND, "404.0 - Not Found", "no such resource");
    }
    path += strlen("/v1/applications");
    if (*path == '/' && path[1]) {
        return application(r, conf, user, path + 1);
    }
    if (r->method_number != M_POST) {
        return error(r, HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowed", "MethodNotAllowed");
    }
    return create(r, conf, user);
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    (void)s;
    apr_pool_create(&state, pchild);
    apps = apr_hash_make(state);
    apr_thread_mutex_create(&lock, APR_THREAD_MUTEX_DEFAULT, pchild);
}

void tp_ucwa_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
