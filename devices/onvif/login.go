package onvif

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
	"github.com/use-go/onvif/media"
)

const (
	// loginPause is how long a login is not tried again after the device has
	// refused it, and how long it is known to be right after the device has
	// accepted it. Devices lock an account after a few refusals in a row.
	loginPause = time.Minute
	// maxDoubt is the number of refusals in a loginPause of which it cannot be
	// told whether they are about the login or about the account's level.
	maxDoubt = 2
	// clockMoved is a difference that a device may refuse a token for, and that
	// its whole seconds cannot explain.
	clockMoved = 3 * time.Second
)

// loginBy is how a device takes a login.
type loginBy uint8

const (
	byUnknown loginBy = iota
	byToken           // WS-Security UsernameToken
	byDigest          // HTTP digest
)

// login is what is known of a device's logins. The client's turn guards it.
//
// The ladder: a device that has demanded HTTP digest is given that, and only
// if it refuses it a UsernameToken, once; any other device is given a
// UsernameToken, and HTTP digest if it demands that then. What it accepts is
// what it is given from then on.
type login struct {
	by        loginBy
	challenge *challenge // the last one that the device sent
	count     int        // times that it was answered
	// triedDigest and triedToken keep the ladder from being climbed twice.
	triedDigest, triedToken bool

	accepted map[string]bool // operations that were done with the login
	closed   map[string]bool // whether an operation is refused without login, where that was tried
	proved   time.Time       // when the login was last seen to be right
	refused  time.Time       // when it was last found to be wrong
	doubt    time.Time       // when doubts began
	doubts   int
}

// ask sends a request, with a login where asked to, and finds out what a
// refusal is about: an account of too low a level goes on, but a wrong login
// is not sent again for a while.
func (c *client) ask(ctx context.Context, q request, login bool) (answer, error) {
	if !login {
		return c.askAnonymously(ctx, q)
	}
	now := c.o.Now()
	switch l := &c.login; {
	case !c.spoke.Load() && !c.vouched:
		return answer{}, errNotONVIF
	case recent(l.refused, now):
		return answer{}, fmt.Errorf("%w: it refused it a moment ago, and it is not tried again so soon", devices.ErrLogin)
	case l.doubts >= maxDoubt && recent(l.doubt, now):
		if !reads(q.name) {
			return answer{}, fmt.Errorf("%w: it refused it %d times a moment ago, and it is not tried again so soon", devices.ErrLogin, l.doubts)
		}
		return c.askAnonymously(ctx, q)
	}
	a, err := c.climb(ctx, q)
	if err != nil {
		return a, err
	}
	if !a.refuses() {
		c.login.accepted[q.name] = true
		if c.login.closed[q.name] {
			c.login.proved = now
		}
		return a, nil
	}
	right, known, err := c.prove(ctx, q)
	switch {
	case err != nil:
		return answer{}, err
	case known && !right:
		c.login.refused = c.o.Now()
	case known:
		a.anyway = true
	default:
		if !recent(c.login.doubt, now) {
			c.login.doubt, c.login.doubts = now, 0
		}
		c.login.doubts++
	}
	return a, nil
}

// recent tells that something was less than loginPause ago. A clock that was
// set back does not make it longer.
func recent(at, now time.Time) bool { return !at.IsZero() && now.Sub(at).Abs() < loginPause }

// askAnonymously sends a request without a login and notes what that teaches.
func (c *client) askAnonymously(ctx context.Context, q request) (answer, error) {
	a, err := c.post(ctx, q, "", "")
	if err != nil {
		return a, err
	}
	c.login.closed[q.name] = a.refuses() || a.unexplained()
	if a.status == http.StatusUnauthorized {
		if next, ok := strongest(a.header); ok && c.login.by != byDigest {
			c.login.challenge, c.login.count = &next, 0
		}
	}
	return a, nil
}

// climb sends a request with a login, up the ladder as far as needed.
func (c *client) climb(ctx context.Context, q request) (answer, error) {
	l := &c.login
	if l.challenge != nil && l.by != byToken {
		a, err := c.byDigest(ctx, q)
		if err != nil || !a.refuses() || l.by == byDigest || l.triedToken {
			return a, err
		}
		return c.byToken(ctx, q)
	}
	a, err := c.byToken(ctx, q)
	if err != nil || a.status != http.StatusUnauthorized || l.triedDigest {
		return a, err
	}
	next, ok := strongest(a.header)
	if !ok {
		return a, nil // no digest is offered: the 401 stands
	}
	l.challenge, l.count = &next, 0
	return c.byDigest(ctx, q)
}

// byDigest answers the challenge at hand, and once more one that replaces a
// nonce which has grown old.
func (c *client) byDigest(ctx context.Context, q request) (answer, error) {
	l := &c.login
	for fresh := false; ; fresh = true {
		l.triedDigest = true
		l.count++
		a, err := c.answerChallenge(ctx, q)
		if err != nil {
			return a, err
		}
		if a.status != http.StatusUnauthorized {
			if !a.refuses() {
				l.by = byDigest
			}
			return a, nil
		}
		next, ok := strongest(a.header)
		// A nonce that was good before may have grown old without a word.
		old := ok && (next.stale || l.count > 1 && next.nonce != l.challenge.nonce)
		if ok {
			l.challenge, l.count = &next, 0
		}
		if !old || fresh {
			return a, nil
		}
	}
}

func (c *client) answerChallenge(ctx context.Context, q request) (answer, error) {
	// auth-int covers the body, which is the same for the same request.
	msg, _, err := envelope(q.in, "")
	if err != nil {
		return answer{}, err
	}
	credentials, err := c.login.challenge.answer(c.cred, http.MethodPost, q.to.RequestURI(), msg, c.login.count)
	if err != nil {
		return answer{}, fmt.Errorf("%w: its digest challenge cannot be answered: %w", devices.ErrLogin, err)
	}
	return c.post(ctx, q, "", credentials)
}

// byToken sends a UsernameToken, and once more if it turns out that the
// device's clock was set: a device that lost it in a power cut refuses every
// token until its new time is known.
func (c *client) byToken(ctx context.Context, q request) (answer, error) {
	a, err := c.postToken(ctx, q)
	if err != nil {
		return a, err
	}
	_, demanded := strongest(a.header)
	if a.refuses() && (!demanded || c.login.triedDigest) {
		old := c.skew
		told, err := c.askClock(ctx, false)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return a, err
		}
		if err == nil && told.known && (c.skew-old).Abs() > clockMoved {
			a, err = c.postToken(ctx, q)
			if err != nil {
				return a, err
			}
		}
	}
	if !a.refuses() {
		c.login.by = byToken
	}
	return a, nil
}

func (c *client) postToken(ctx context.Context, q request) (answer, error) {
	c.login.triedToken = true
	security, err := securityHeader(c.cred, c.o.Now().Add(c.skew))
	if err != nil {
		return answer{}, err
	}
	return c.post(ctx, q, security, "")
}

// refuses tells that the answer refuses the login, or seems to.
func (a answer) refuses() bool {
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden || a.login && a.unexplained() {
		return true
	}
	// Faults come with any status. Looking for the word first saves decoding
	// every answer twice.
	return bytes.Contains(a.body, []byte("Fault")) && errors.Is(parseAnswer(a.body, a.want, &struct{}{}), devices.ErrLogin)
}

// unexplained is how some firmwares refuse a UsernameToken: HTTP 400 and no
// SOAP message.
func (a answer) unexplained() bool {
	return a.status == http.StatusBadRequest && errors.Is(parseAnswer(a.body, a.want, &struct{}{}), errNotSOAP)
}

// anyLevel tells that an operation is open to every account (access classes
// PRE_AUTH, READ_SYSTEM and READ_MEDIA, ONVIF Core §5.9.4.3).
func anyLevel(op string) bool {
	switch op {
	case "GetServices", "GetCapabilities", "GetDeviceInformation", "GetProfiles", "GetVideoSources", "GetVideoSourceConfigurations":
		return true
	}
	return strings.HasPrefix(op, "GetServiceCapabilities")
}

// prove finds out whether the login is right after the device refused an
// operation: by something that it tells to every account, and to nobody else.
func (c *client) prove(ctx context.Context, q request) (right, known bool, err error) {
	l := &c.login
	switch {
	case anyLevel(q.name):
		return false, true, nil
	case recent(l.proved, c.o.Now()) && !l.accepted[q.name]:
		return true, true, nil
	}
	for _, p := range c.proofs() {
		closed, tried := l.closed[p.name]
		if !tried {
			a, err := c.askAnonymously(ctx, p)
			if err != nil {
				return false, false, lasting(err)
			}
			closed = a.refuses() || a.unexplained()
		}
		if !closed {
			continue
		}
		a, err := c.climb(ctx, p)
		if err != nil {
			return false, false, lasting(err)
		}
		if right = !a.refuses(); right {
			l.proved = c.o.Now()
		}
		return right, true, nil
	}
	return false, false, nil
}

// lasting drops an error that is about one request only.
func lasting(err error) error {
	if fatal(err) && !errors.Is(err, devices.ErrLogin) {
		return err
	}
	return nil
}

func (c *client) proofs() []request {
	var all []request
	add := func(ns string, in any) {
		to := c.services[ns]
		if ns == nsDevice {
			to = c.device
		}
		if to == nil {
			return
		}
		if q, err := newRequest(to, in); err == nil {
			all = append(all, q)
		}
	}
	add(nsDevice, device.GetDeviceInformation{})
	add(nsMedia2, getVideoSourceConfigurations2{})
	add(nsMedia, media.GetVideoSources{})
	return all
}

// clock is what a device tells of its time.
type clock struct {
	known  bool          // it tells one
	skew   time.Duration // its clock minus ours
	source string        // DateTimeType
}

// readClock asks the device's time and keeps its distance to ours for the
// login. ok is false if the device answers without telling a time.
func (c *client) readClock(ctx context.Context) (skew time.Duration, ok bool, err error) {
	told, err := c.tellTime(ctx)
	return told.skew, told.known, err
}

func (c *client) tellTime(ctx context.Context) (told clock, err error) {
	err = c.inTurn(ctx, func() (err error) {
		told, err = c.askClock(ctx, false)
		if errors.Is(err, devices.ErrLogin) && c.cred.User != "" && (c.spoke.Load() || c.vouched) {
			told, err = c.askClock(ctx, true)
		}
		return err
	})
	return told, err
}

// errNotONVIF is about a web server of some kind: asking for a login, or
// refusing what it does not know, is in no way a sign of ONVIF.
var errNotONVIF = fmt.Errorf("%w: it does not show that it speaks ONVIF, so no login is sent", devices.ErrMalformed)

// speaks tells that an answer is one in ONVIF, be it a refusal.
func (a answer) speaks() bool {
	var f *fault
	err := parseAnswer(a.body, a.want, &struct{}{})
	return err == nil || errors.As(err, &f)
}

// vouchedFor tells that the device answered a probe of ours in ONVIF's
// discovery, and is dialled where all of them have their device service. Whoever
// forges a datagram of a device may name another place on it: a login that is
// sent there might do something.
func (c *client) vouchedFor(how devices.How) bool {
	return (how == devices.HowMulticast || how == devices.HowUnicast) && c.device.RequestURI() == devicePath
}

func (c *client) askClock(ctx context.Context, login bool) (clock, error) {
	q, err := newRequest(c.device, device.GetSystemDateAndTime{})
	if err != nil {
		return clock{}, err
	}
	a, err := c.ask(ctx, q, login)
	if err != nil {
		return clock{}, err
	}
	var out systemDateAndTime
	if err := a.decode(&out); err != nil {
		return clock{}, err
	}
	told := clock{source: plain(out.Source, 32)}
	u := out.UTC
	if u == nil || u.Year < 1 || u.Year > 9999 || u.Month < 1 || u.Month > 12 || u.Day < 1 || u.Day > 31 ||
		u.Hour < 0 || u.Hour > 23 || u.Minute < 0 || u.Minute > 59 || u.Second < 0 || u.Second > 60 {
		return told, nil
	}
	theirs := time.Date(u.Year, time.Month(u.Month), u.Day, u.Hour, u.Minute, u.Second, 0, time.UTC)
	// Whole seconds are told, cut off: the middle of that second is the best guess.
	told.known, told.skew = true, theirs.Add(time.Second/2).Sub(c.o.Now()).Round(time.Second)
	c.skew = told.skew
	return told, nil
}
