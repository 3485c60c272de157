package ui

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lensdop/lensdop/policy"
)

// The ways to say how long, as the form names them.
const (
	modeUntil  = "until"
	modeWindow = "window"
)

func hours() map[string]time.Duration {
	return map[string]time.Duration{"1h": time.Hour, "2h": 2 * time.Hour, "4h": 4 * time.Hour}
}

// form is what a person typed, and what it is about.
type form struct {
	// Once is drawn anew for every form that is shown.
	Once     string
	Site     Site
	Camera   string
	Decision Decision
	Typed    url.Values
	Modes    []string
}

// Value returns what was typed into a field.
func (f form) Value(field string) string { return f.Typed.Get(field) }

// site finds a site on which the person may decide.
func (h *handler) site(v *visit, id string) (Site, error) {
	o, err := h.Service.Overview(v.ctx(), v.who)
	if err != nil {
		return Site{}, err
	}
	for _, s := range o.Sites {
		if s.ID == id {
			if !s.MayDecide {
				return Site{}, ErrForbidden
			}
			return s, nil
		}
	}
	return Site{}, ErrNotFound
}

func (h *handler) coverForm(v *visit, typed url.Values) (form, error) {
	s, err := h.site(v, typed.Get("site"))
	if err != nil {
		return form{}, err
	}
	f := form{Site: s, Camera: typed.Get("camera"), Typed: typed, Modes: []string{"1h", "2h", "4h"}}
	if f.Camera != "" && !slices.ContainsFunc(s.Cameras, func(c Camera) bool { return c.ID == f.Camera }) {
		return form{}, ErrNotFound
	}
	return f, nil
}

func (h *handler) showCover(v *visit) error {
	typed := v.r.URL.Query()
	f, err := h.coverForm(v, typed)
	if err != nil {
		return err
	}
	now := time.Now().In(f.Site.Location)
	for field, t := range map[string]time.Time{"end": now.Add(time.Hour), "from": now.Add(time.Hour), "to": now.Add(2 * time.Hour)} {
		typed.Set(field, t.Format(formTime))
	}
	return h.showForm(v, http.StatusOK, "cover", "cover-do", f, nil)
}

func (h *handler) cover(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	f, err := h.coverForm(v, v.r.PostForm)
	if err != nil {
		return err
	}
	o, err := readCover(v.r.PostForm, f.Site.Location, time.Now())
	o.ID = formID(v)
	if err == nil {
		err = h.Service.Cover(v.ctx(), v.who, o)
	}
	return h.done(v, "cover", "cover-do", f, err)
}

// done goes back to the overview, or shows the form again with what was typed
// and what is wrong with it.
func (h *handler) done(v *visit, name, title string, f form, err error) error {
	if err == nil {
		http.Redirect(v.w, v.r, "/#site-"+f.Site.ID, http.StatusSeeOther)
		return nil
	}
	if bad, ok := errors.AsType[*Invalid](err); ok {
		return h.showForm(v, http.StatusUnprocessableEntity, name, title, f, bad)
	}
	return err
}

func (h *handler) showForm(v *visit, status int, name, title string, f form, bad *Invalid) error {
	f.Once = rand.Text()
	v.page.Title, v.page.Current, v.page.Data, v.page.Problem = v.page.T(title), "overview", f, bad
	h.render(v, status, name)
	return nil
}

// formID makes one name of who sent which form with what in it: a form sent
// twice has the same name, one changed after the back button another. It is
// empty if the form does not say which one it is.
func formID(v *visit) string {
	if v.r.PostForm.Get("once") == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(v.who.Name + " " + v.r.URL.Path + " " + v.r.PostForm.Encode()))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16]))
}

// farthest is how far ahead a decision may begin: farther is a wrong year.
const farthest = 400 * 24 * time.Hour

// formTime is what a datetime-local field sends.
const formTime = "2006-01-02T15:04"

// readCover reads the form for a cover. Now is the instant of the request.
func readCover(typed url.Values, loc *time.Location, now time.Time) (CoverOrder, error) {
	o := CoverOrder{Site: typed.Get("site"), From: now}
	if c := typed.Get("camera"); c != "" {
		o.Cameras = []string{c}
	}
	mode := typed.Get("mode")
	var err error
	switch d, ok := hours()[mode]; {
	case ok:
		o.Until = now.Add(d)
	case mode == modeUntil:
		o.Until, err = readTime("end", typed.Get("end"), loc, true)
	case mode == modeWindow:
		if o.From, err = readTime("from", typed.Get("from"), loc, false); err == nil {
			o.Until, err = readTime("to", typed.Get("to"), loc, true)
		}
	default:
		return o, &Invalid{Field: "mode", Key: "err-mode"}
	}
	if err != nil {
		return o, err
	}
	end := "to"
	if mode == modeUntil {
		end = "end"
	}
	switch {
	case !o.Until.After(now):
		return o, &Invalid{Field: end, Key: "err-past"}
	case !o.Until.After(o.From):
		return o, &Invalid{Field: end, Key: "err-order"}
	case o.From.Before(now.Add(-5 * time.Minute)): // a minute field lags behind the clock
		return o, &Invalid{Field: "from", Key: "err-past"}
	case o.From.After(now.Add(farthest)):
		return o, &Invalid{Field: "from", Key: "err-far"}
	}
	o.Reason, err = readReason(typed)
	return o, err
}

func readReason(typed url.Values) (string, error) {
	reason := strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(typed.Get("reason"), ""))), " ")
	switch {
	case !strings.ContainsFunc(reason, func(r rune) bool { return r != ' ' && unicode.IsGraphic(r) }):
		return "", &Invalid{Field: "reason", Key: "err-reason"}
	case utf8.RuneCountInString(reason) > maxText:
		return "", &Invalid{Field: "reason", Key: "err-long"}
	default:
		return reason, nil
	}
}

// printable drops what would change how the text around it is read: control
// characters and the marks that turn the direction of writing. The joiners
// that emoji are made with stay.
func printable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\ufeff':
		return -1
	default:
		return r
	}
}

// readTime reads a local time. One that happens twice, when the clocks go
// back, means the later for an end and the earlier for a begin, so that more is
// covered rather than less; one that never happens is refused.
func readTime(field, s string, loc *time.Location, end bool) (time.Time, error) {
	s = strings.Replace(s, " ", "T", 1) // where the browser has no such field, people type it
	if len(s) == len(formTime+":00") {
		s = strings.TrimSuffix(s, ":00")
	}
	t, err := time.ParseInLocation(formTime, s, loc)
	if err != nil || t.Year() < 2000 || t.Year() > 9999 {
		return time.Time{}, &Invalid{Field: field, Key: "err-time"}
	}
	if t.Format(formTime) != s {
		return time.Time{}, &Invalid{Field: field, Key: "err-time-gone"}
	}
	for _, shift := range []time.Duration{time.Hour, -time.Hour} {
		if u := t.Add(shift); u.Format(formTime) == s && u.After(t) == end {
			t = u
		}
	}
	return t, nil
}

func (h *handler) showElect(v *visit) error {
	typed := v.r.URL.Query()
	s, err := h.site(v, typed.Get("site"))
	if err != nil {
		return err
	}
	if len(s.Templates) == 0 {
		return ErrNotFound
	}
	typed.Set("day", time.Now().In(s.Location).Format(time.DateOnly))
	typed.Set("template", s.Templates[0].ID)
	return h.showForm(v, http.StatusOK, "elect", "elect", form{Site: s, Typed: typed}, nil)
}

func (h *handler) elect(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	s, err := h.site(v, v.r.PostForm.Get("site"))
	if err != nil {
		return err
	}
	o, err := readElect(v.r.PostForm, s, time.Now())
	o.ID = formID(v)
	if err == nil {
		err = h.Service.Elect(v.ctx(), v.who, o)
	}
	return h.done(v, "elect", "elect", form{Site: s, Typed: v.r.PostForm}, err)
}

func readElect(typed url.Values, s Site, now time.Time) (ElectOrder, error) {
	o := ElectOrder{Site: s.ID, Template: typed.Get("template")}
	if !slices.ContainsFunc(s.Templates, func(t policy.Template) bool { return t.ID == o.Template }) {
		return o, &Invalid{Field: "template", Key: "err-template"}
	}
	var err error
	if o.Day, err = policy.ParseDate(typed.Get("day")); err != nil {
		return o, &Invalid{Field: "day", Key: "err-day"}
	}
	if o.Day.String() < policy.DateOf(now.In(s.Location)).String() {
		return o, &Invalid{Field: "day", Key: "err-day-past"}
	}
	if o.Day.String() > policy.DateOf(now.Add(farthest).In(s.Location)).String() {
		return o, &Invalid{Field: "day", Key: "err-far"}
	}
	o.Reason, err = readReason(typed)
	return o, err
}

func (h *handler) releaseForm(v *visit, id string) (form, error) {
	o, err := h.Service.Overview(v.ctx(), v.who)
	if err != nil {
		return form{}, err
	}
	for _, s := range o.Sites {
		for _, d := range s.Decisions {
			if d.ID == id {
				if !s.MayDecide {
					return form{}, ErrForbidden
				}
				return form{Site: s, Decision: d}, nil
			}
		}
	}
	return form{}, ErrNotFound
}

func (h *handler) showRelease(v *visit) error {
	f, err := h.releaseForm(v, v.r.URL.Query().Get("decision"))
	if errors.Is(err, ErrNotFound) { // the back button after a release leads here
		h.fail(v, http.StatusNotFound, "release-gone")
		return nil
	}
	if err != nil {
		return err
	}
	return h.showForm(v, http.StatusOK, "release", "release-title", f, nil)
}

func (h *handler) release(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return err
	}
	id := v.r.PostForm.Get("decision")
	f, err := h.releaseForm(v, id)
	if errors.Is(err, ErrNotFound) { // sent twice: the first has released it
		err = h.Service.Release(v.ctx(), v.who, ReleaseOrder{Decision: id})
		if err == nil || isTwice(err) {
			http.Redirect(v.w, v.r, "/", http.StatusSeeOther)
			return nil
		}
	}
	if err != nil {
		return err
	}
	f.Typed = v.r.PostForm
	o := ReleaseOrder{Decision: f.Decision.ID}
	if f.Decision.Statement != (policy.Text{}) {
		if v.r.PostForm.Get("statement") != "yes" {
			return h.done(v, "release", "release-title", f, &Invalid{Field: "statement", Key: "err-statement"})
		}
		o.Statement = f.Decision.Statement.In(v.page.Lang)
	}
	if err = h.Service.Release(v.ctx(), v.who, o); isTwice(err) {
		err = nil
	}
	return h.done(v, "release", "release-title", f, err)
}

// isTwice tells that what was to be released is released.
func isTwice(err error) bool {
	bad, ok := errors.AsType[*Invalid](err)
	return ok && bad.Key == "err-twice"
}
