package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	langCookie = "lang"
	maxForm    = 16 << 10
	maxText    = 500 // characters of a reason
	// seconds between refreshes of a page without a form
	refreshOverview = 10
	refreshFindings = 60 // people read there
)

type handler struct {
	Config
	pages map[string]*template.Template
}

// cookie is the session cookie's name. With TLS its prefix binds it to this
// host and to TLS.
func (h *handler) cookie() string {
	if h.Secure {
		return "__Host-lensdop"
	}
	return "lensdop"
}

func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signin", h.showSignIn)
	mux.HandleFunc("POST /signin", h.signIn)
	mux.HandleFunc("POST /signout", h.signOut)
	mux.HandleFunc("GET /language", h.language)
	mux.HandleFunc("GET /static/{name}", h.asset)
	mux.HandleFunc("GET /healthz", h.health)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/static/icon.svg", http.StatusMovedPermanently)
	})
	for pattern, page := range map[string]func(*visit) error{
		"GET /{$}":           h.overview,
		"GET /cover":         h.showCover,
		"POST /cover":        h.cover,
		"GET /elect":         h.showElect,
		"POST /elect":        h.elect,
		"GET /release":       h.showRelease,
		"POST /release":      h.release,
		"GET /findings":      h.findings,
		"POST /findings/ack": h.acknowledge,

		"GET /protocol":          h.protocol,
		"GET /protocol/document": h.document,
		"GET /protocol/{format}": h.export,

		"/": func(*visit) error { return ErrNotFound },
	} {
		mux.HandleFunc(pattern, h.signedIn(page))
	}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.fail(&visit{w: w, r: r, page: page{Lang: choose(r, "")}}, http.StatusForbidden, "cross-site")
	}))
	return h.headers(guard.Handler(mux))
}

// headers lets pages load nothing but our own style sheet and icon, run no
// script, and be shown in no frame and no cache.
func (h *handler) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		if h.Secure {
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// visit is one request of a person.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	who  Account
	page page
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// page is what every template gets.
type page struct {
	Lang    string
	Who     *Account // nil before sign-in
	Path    string   // of this page, for the language switch
	Current string   // overview, findings or protocol
	Title   string
	Now     time.Time
	Refresh int // seconds; 0 for none
	// CanRefresh tells that the page may refresh itself, Refreshing that it does.
	CanRefresh, Refreshing bool
	Alerts                 int
	Problem                *Invalid
	Data                   any
}

// T returns the words of a key.
func (p page) T(key string, args ...any) string {
	if len(args) == 0 {
		return word(p.Lang, key)
	}
	return fmt.Sprintf(word(p.Lang, key), args...)
}

// Clock writes an instant in a site's time zone.
func (p page) Clock(t time.Time, loc *time.Location) string { return clock(p.Lang, t, p.Now, loc) }

// Span writes a duration.
func (p page) Span(d time.Duration) string { return span(p.Lang, d) }

// Languages lists the languages to switch to.
func (p page) Languages() []string { return Languages() }

// Of returns the words of a key in another language.
func (p page) Of(lang, key string) string { return word(lang, key) }

// Wrong tells whether a field is the one that cannot be used.
func (p page) Wrong(field string) bool { return p.Problem != nil && p.Problem.Field == field }

// Describe puts an alert into words.
func (p page) Describe(a Alert) any { return describe(p.Lang, a, p.Now) }

// Say tells in words what is known of a camera.
func (p page) Say(c Camera, loc *time.Location) string {
	switch {
	case c.Show == ShowOpen && c.Zones > 0:
		return p.T("say-open-zones", c.Zones)
	case c.Show == ShowCovered:
		return p.T("say-covered", p.Clock(c.Since, loc))
	case c.Show == ShowUnproven && !c.Silent.IsZero():
		return p.T("say-silent", p.Clock(c.Silent, loc))
	case c.Show == ShowUnproven && c.Seen.IsZero():
		return p.T("say-never")
	default:
		return p.T("say-" + string(c.Show))
	}
}

// Pair hands a template a second value.
func (p page) Pair(a, b any) map[string]any { return map[string]any{"P": p, "A": a, "B": b} }

func (h *handler) render(v *visit, status int, name string) {
	v.page.Now = time.Now()
	v.page.Path = v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		v.page.Path = "/"
	}
	var b bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&b, "layout", v.page); err != nil {
		h.Log.Error("page cannot be made", "page", name, "err", err)
		http.Error(v.w, v.page.T("broken"), http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if _, err := b.WriteTo(v.w); err != nil {
		h.Log.Debug("page not sent", "err", err)
	}
}

func (h *handler) fail(v *visit, status int, key string) {
	v.page.Title = v.page.T("form-wrong")
	v.page.Data = v.page.T(key)
	h.render(v, status, "error")
}

// signedIn lets a page be seen by people who have signed in only.
func (h *handler) signedIn(show func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{w: w, r: r, page: page{Lang: choose(r, "")}}
		var ok bool
		if c, err := r.Cookie(h.cookie()); err == nil {
			if v.who, ok, err = h.Service.Session(r.Context(), c.Value); err != nil {
				h.broken(v, err)
				return
			}
		}
		if !ok {
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		}
		v.page.Lang, v.page.Who = choose(r, v.who.Language), &v.who
		err := show(v)
		switch {
		case err == nil:
		case errors.Is(err, ErrForbidden):
			h.fail(v, http.StatusForbidden, "forbidden")
		case errors.Is(err, ErrNotFound):
			h.fail(v, http.StatusNotFound, "not-found")
		default:
			h.broken(v, err)
		}
	}
}

func (h *handler) broken(v *visit, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		h.fail(v, http.StatusRequestEntityTooLarge, "err-long")
		return
	}
	if v.r.Context().Err() == nil {
		h.Log.Error("page failed", "path", v.r.URL.Path, "err", err)
	}
	h.fail(v, http.StatusInternalServerError, "broken")
}

func (h *handler) showSignIn(w http.ResponseWriter, r *http.Request) {
	h.signInPage(w, r, http.StatusOK, "", nil)
}

// signInForm is what the sign-in page shows.
type signInForm struct {
	Name string
	Wait string
	None bool
}

func (h *handler) signInPage(w http.ResponseWriter, r *http.Request, status int, name string, problem *Invalid) {
	v := &visit{w: w, r: r, page: page{Lang: choose(r, "")}}
	none, err := h.Service.NoAccounts(r.Context())
	if err != nil {
		h.broken(v, err)
		return
	}
	v.page.Title, v.page.Problem = v.page.T("signin"), problem
	v.page.Data = signInForm{Name: name, None: none}
	h.render(v, status, "signin")
}

func (h *handler) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.signInPage(w, r, http.StatusBadRequest, "", &Invalid{Field: "name", Key: "signin-wrong"})
		return
	}
	name := strings.TrimSpace(r.PostForm.Get("name"))
	token, ends, err := h.Service.SignIn(r.Context(), name, r.PostForm.Get("password"), remote(r))
	throttled, _ := errors.AsType[*Throttled](err)
	switch {
	case throttled != nil:
		w.Header().Set("Retry-After", strconv.Itoa(int(throttled.Wait/time.Second)+1))
		h.signInPage(w, r, http.StatusTooManyRequests, name, &Invalid{Field: "name", Key: "signin-wait", Detail: span(choose(r, ""), throttled.Wait)})
		return
	case errors.Is(err, ErrSignIn):
		h.signInPage(w, r, http.StatusUnauthorized, name, &Invalid{Field: "name", Key: "signin-wrong"})
		return
	case err != nil:
		h.broken(&visit{w: w, r: r, page: page{Lang: choose(r, "")}}, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: h.cookie(), Value: token, Path: "/", Expires: ends,
		HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// remote is the address from which a request comes. A proxy on this machine is
// believed about who came to it: the last entry, which it added itself.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return host
	}
	said := r.Header.Values("X-Forwarded-For")
	if len(said) == 0 {
		return host
	}
	parts := strings.Split(said[len(said)-1], ",")
	if ip := net.ParseIP(strings.TrimSpace(parts[len(parts)-1])); ip != nil {
		return ip.String()
	}
	return host
}

func (h *handler) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(h.cookie()); err == nil {
		if err := h.Service.SignOut(r.Context(), c.Value); err != nil {
			h.broken(&visit{w: w, r: r, page: page{Lang: choose(r, "")}}, err)
			return
		}
	}
	http.SetCookie(w, &http.Cookie{Name: h.cookie(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// language remembers a language and goes back to the page it came from.
func (h *handler) language(w http.ResponseWriter, r *http.Request) {
	lang := r.URL.Query().Get("to")
	if slices.Contains(Languages(), lang) {
		http.SetCookie(w, &http.Cookie{
			Name: langCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteLaxMode,
		})
	}
	http.Redirect(w, r, local(r.URL.Query().Get("back")), http.StatusSeeOther)
}

// local lets through a path of this server only.
func local(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n\t") {
		return "/"
	}
	return u.RequestURI()
}

// health is for a watchdog: whether the server answers, and nothing else.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	answer := "ok\n"
	if err := h.Service.Healthy(r.Context()); err != nil {
		h.Log.ErrorContext(r.Context(), "the database does not answer", "err", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		answer = "the database does not answer\n"
	}
	if _, err := w.Write([]byte(answer)); err != nil {
		h.Log.DebugContext(r.Context(), "answer not sent", "err", err)
	}
}

func (h *handler) asset(w http.ResponseWriter, r *http.Request) {
	types := map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
	name := r.PathValue("name")
	b, err := static.ReadFile("static/" + name)
	if err != nil || types[name] == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", types[name])
	w.Header().Set("Cache-Control", "max-age=300")
	if _, err := w.Write(b); err != nil {
		h.Log.DebugContext(r.Context(), "file not sent", "err", err)
	}
}

// refreshing sets up a page that refreshes itself unless the person stopped it.
func (v *visit) refreshing(every int) {
	v.page.CanRefresh = true
	if v.r.URL.Query().Get("refresh") != "off" {
		v.page.Refreshing, v.page.Refresh = true, every
	}
}

func (h *handler) overview(v *visit) error {
	o, err := h.Service.Overview(v.ctx(), v.who)
	if err != nil {
		return err
	}
	v.refreshing(refreshOverview)
	v.page.Title, v.page.Current, v.page.Alerts, v.page.Data = v.page.T("overview"), "overview", o.Alerts, o
	h.render(v, http.StatusOK, "overview")
	return nil
}

func (h *handler) findings(v *visit) error {
	m, err := h.Service.Matters(v.ctx(), v.who)
	if err != nil {
		return err
	}
	v.refreshing(refreshFindings)
	v.page.Title, v.page.Current, v.page.Alerts, v.page.Data = v.page.T("findings-title"), "findings", len(m.Alerts), m
	h.render(v, http.StatusOK, "findings")
	return nil
}

func (h *handler) acknowledge(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	id, err := strconv.ParseInt(v.r.PostForm.Get("alert"), 10, 64)
	if err != nil {
		return ErrNotFound
	}
	if err := h.Service.Acknowledge(v.ctx(), v.who, id); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/findings", http.StatusSeeOther)
	return nil
}
