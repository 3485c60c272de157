package onvif

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/use-go/onvif/device"
)

const (
	actionEvents = "http://www.onvif.org/ver10/events/wsdl/EventPortType/"
	actionManage = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/"
)

const (
	// askedLife is how long a subscription shall live without a renewal: a
	// device that we vanish from has its place back soon.
	askedLife = time.Minute
	pullLimit = 30              // messages in one answer
	endLimit  = 3 * time.Second // of the last request
	maxTrials = 5
)

// Requests of the event service and of WS-BaseNotification. Those of
// use-go/onvif have an element misspelt, and write what is left out as empty.
type (
	createPullPoint struct {
		addressedTo `xml:"-"`

		XMLName xml.Name `xml:"tev:CreatePullPointSubscription"`
		Filter  *filter  `xml:"tev:Filter"`
		Life    string   `xml:"tev:InitialTerminationTime,omitempty"`
	}
	filter struct {
		Topic expression `xml:"wsnt:TopicExpression"`
	}
	expression struct {
		Dialect string `xml:"Dialect,attr"`
		Text    string `xml:",chardata"`
	}
	pullRequest struct {
		addressedTo `xml:"-"`

		XMLName xml.Name `xml:"tev:PullMessages"`
		Timeout string   `xml:"tev:Timeout"`
		Limit   int      `xml:"tev:MessageLimit"`
	}
	setSynchronizationPoint struct {
		addressedTo `xml:"-"`

		XMLName xml.Name `xml:"tev:SetSynchronizationPoint"`
	}
	renew struct {
		addressedTo `xml:"-"`

		XMLName xml.Name `xml:"wsnt:Renew"`
		Until   string   `xml:"wsnt:TerminationTime"`
	}
	unsubscribe struct {
		addressedTo `xml:"-"`

		XMLName xml.Name `xml:"wsnt:Unsubscribe"`
	}
	// lease is the answer to CreatePullPointSubscription and to Renew. The
	// times are read in whatever namespace they are.
	lease struct {
		Address string `xml:"SubscriptionReference>Address"`
		Now     string `xml:"CurrentTime"`
		Until   string `xml:"TerminationTime"`

		message []byte // the whole answer
	}
)

// keep is called with the whole answer before it is decoded.
func (l *lease) keep(message []byte) { l.message = message }

// addressedTo is embedded in a request to a subscription. A message is the same
// each time that it is written: HTTP digest may cover it.
type addressedTo struct{ at addressed }

func (a addressedTo) header() []string { return a.at.elements() }

// messageID is a header that a device may want to answer by (WS-Addressing 1.0
// SOAP binding §6).
func messageID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf(`<wsa:MessageID xmlns:wsa="%s">urn:uuid:%x-%x-%x-%x-%x</wsa:MessageID>`, wsaSpace, b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// The pace of asking, out of the time that one request may take.

func (o Options) longPoll() time.Duration { return o.Timeout / 2 }

func (o Options) trialPoll() time.Duration { return min(o.Timeout/4, 2*time.Second) }

// pause between two short polls, and after a long one that came back too soon.
func (o Options) pause() time.Duration { return min(o.Timeout/5, 2*time.Second) }

// subscription is one pull point (ONVIF Core §9.1, real-time pull-point).
type subscription struct {
	c        *client
	to       *url.URL
	address  string // as the device wrote it
	params   []string
	filtered bool
	// life is how long it lives from a renewal on; zero if the device does not
	// tell in a way that can be believed.
	life    time.Duration
	renewAt time.Time // our clock
	fixed   bool      // the device does not renew
}

// subscribe makes a pull point. A device that refuses a filter, or to be told
// for how long, is asked without.
func (c *client) subscribe(ctx context.Context, topics string) (*subscription, error) {
	to, err := c.service(nsEvents)
	if err != nil {
		return nil, err
	}
	ways := []createPullPoint{{Life: formatDuration(askedLife)}, {}}
	if topics != "" {
		with := createPullPoint{Life: ways[0].Life, Filter: &filter{expression{concretely, topics}}}
		ways = append([]createPullPoint{with}, ways...)
	}
	for _, in := range ways {
		in.at = addressed{actionEvents + "CreatePullPointSubscriptionRequest", to.String(), []string{messageID()}}
		var out lease
		if err = c.call(ctx, to, in, &out, true); err == nil {
			return c.subscribed(ctx, to, out, in.Filter != nil)
		}
		if _, refused := errors.AsType[*fault](err); !refused || errors.Is(err, devices.ErrLogin) || errors.Is(err, devices.ErrUnsupported) {
			break
		}
	}
	return nil, err
}

func (c *client) subscribed(ctx context.Context, events *url.URL, l lease, filtered bool) (*subscription, error) {
	s := &subscription{c: c, to: events, address: strings.TrimSpace(l.Address), filtered: filtered}
	var err error
	if s.params, err = referenceParameters(l.message); err != nil {
		return nil, err
	}
	if a := s.address; a != "" && !strings.HasSuffix(a, "/anonymous") {
		u, err := url.Parse(a)
		if err != nil {
			return nil, fmt.Errorf("%w: address of a subscription %q", devices.ErrMalformed, plain(a, 100))
		}
		if s.to, err = c.local(events.ResolveReference(u).String()); err != nil {
			return nil, err
		}
	}
	if s.address == "" {
		s.address = s.to.String()
	}
	return s, s.leased(ctx, l)
}

// leased reads when to renew. Only the distance of the device's two times
// counts: its clock may be anywhere.
func (s *subscription) leased(ctx context.Context, l lease) error {
	until, err := parseInstant(strings.TrimSpace(l.Until))
	ok := err == nil
	now, err := parseInstant(strings.TrimSpace(l.Now))
	if err != nil {
		at, err := s.c.deviceNow(ctx)
		if err != nil {
			return err
		}
		now = at
	}
	if d := until.Sub(now); ok && d > time.Millisecond && d <= 24*time.Hour {
		s.life = d
	}
	every := s.life / 2
	if s.life == 0 {
		every = askedLife / 3
	}
	s.renewAt = time.Now().Add(min(every, 10*time.Minute))
	return nil
}

// deviceNow is the time on the device's clock as it was last told.
func (c *client) deviceNow(ctx context.Context) (at time.Time, err error) {
	err = c.inTurn(ctx, func() error {
		at = c.o.Now().Add(c.skew)
		return nil
	})
	return at, err
}

func (s *subscription) addressed(action string) addressedTo {
	return addressedTo{addressed{action, s.address, append([]string{messageID()}, s.params...)}}
}

// renew asks for more time when half of it is over. A device that refuses is
// not asked again: pulling alone keeps its subscriptions (ONVIF Core §9.1.1),
// or else it ends them and the next pull tells.
func (s *subscription) renew(ctx context.Context) error {
	if s.fixed || time.Now().Before(s.renewAt) {
		return nil
	}
	at, err := s.c.deviceNow(ctx)
	if err != nil {
		return err
	}
	// Some take only a duration, some only an instant.
	for _, until := range []string{formatDuration(askedLife), at.Add(askedLife).UTC().Format("2006-01-02T15:04:05Z")} {
		var l lease
		err = s.c.call(ctx, s.to, renew{addressedTo: s.addressed(actionManage + "RenewRequest"), Until: until}, &l, true)
		if err == nil {
			return s.leased(ctx, l)
		}
		if _, refused := errors.AsType[*fault](err); !refused || errors.Is(err, devices.ErrLogin) {
			return err
		}
		if errors.Is(err, devices.ErrUnsupported) {
			break
		}
	}
	s.c.o.Log.Warn("the device does not renew its event subscription", "device", s.c.address, "error", err)
	s.fixed = true
	return nil
}

// synchronise asks for all states anew. Devices that cannot are none the worse.
func (s *subscription) synchronise(ctx context.Context) error {
	err := s.c.call(ctx, s.to, setSynchronizationPoint{addressedTo: s.addressed(pullPort + "SetSynchronizationPointRequest")}, &struct{}{}, true)
	if fatal(err) && !errors.Is(err, devices.ErrLogin) {
		return err
	}
	return nil
}

// end gives the place back, also when nobody waits any more.
func (s *subscription) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(endLimit, s.c.o.Timeout))
	defer cancel()
	if err := s.c.call(ctx, s.to, unsubscribe{addressedTo: s.addressed(actionManage + "UnsubscribeRequest")}, &struct{}{}, true); err != nil {
		s.c.o.Log.Debug("event subscription not ended; it ends by itself", "device", s.c.address, "error", err)
	}
}

func (s *subscription) pulling(wait time.Duration) pullRequest {
	return pullRequest{
		addressedTo: s.addressed(pullPort + "PullMessagesRequest"),
		Timeout:     formatDuration(wait.Round(time.Millisecond)), Limit: pullLimit,
	}
}

// pullShort takes what is there, in turn with all other requests.
func (s *subscription) pullShort(ctx context.Context) (notifications, error) {
	var out notices
	err := s.c.call(ctx, s.to, s.pulling(0), &out, true)
	return out.Messages, err
}

// errNoPass is a login that has to be found out first, in turn.
var errNoPass = errors.New("the login is not settled")

// pullLong waits for a message beside the other requests.
func (s *subscription) pullLong(ctx context.Context, wait time.Duration) (notifications, error) {
	if s.life > 0 {
		wait = min(wait, s.life/4) // so that the renewal is not late
	}
	q, err := newRequest(s.to, s.pulling(wait))
	if err != nil {
		return notifications{}, err
	}
	var security, authorization string
	if err := s.c.inTurn(ctx, func() (err error) {
		security, authorization, err = s.c.pass(q)
		return err
	}); err != nil {
		return notifications{}, err
	}
	a, err := s.c.post(ctx, q, security, authorization)
	if err != nil {
		return notifications{}, err
	}
	if a.refuses() {
		return notifications{}, errNoPass
	}
	var out notices
	err = a.decode(&out)
	return out.Messages, err
}

// pass makes up a login of the kind that the device has taken before. The
// caller has the turn.
func (c *client) pass(q request) (security, authorization string, err error) {
	l := &c.login
	switch {
	case c.cred.User == "":
		return "", "", nil
	case recent(l.refused, c.o.Now()):
		return "", "", errNoPass
	case l.by == byToken:
		security, err = securityHeader(c.cred, c.o.Now().Add(c.skew))
		return security, "", err
	case l.by == byDigest && l.challenge != nil:
		msg, _, err := envelope(q.in, "")
		if err != nil {
			return "", "", err
		}
		l.count++
		authorization, err = l.challenge.answer(c.cred, "POST", q.to.RequestURI(), msg, l.count)
		return "", authorization, err
	default:
		return "", "", errNoPass
	}
}

// polls is how a device is pulled from.
type polls uint8

const (
	pollUnknown polls = iota
	pollLong          // it answers others while it waits for messages
	pollShort         // it serves one connection at a time
)

// trial is a long poll that finds out whether the device answers anything else
// meanwhile: some serve one connection at a time, and all else would wait.
func (s *subscription) trial(ctx context.Context) (list notifications, found polls, err error) {
	wait := s.c.o.trialPoll()
	beside, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan struct{})
	written := sync.OnceFunc(func() { close(sent) })
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written() }})
	answers := make(chan time.Time, 1) // when the other question was answered; zero if it was not
	go func() {
		var at time.Time
		defer func() { answers <- at }()
		select {
		case <-sent:
		case <-beside.Done():
			return
		}
		if rest(beside, wait/10) != nil { // the device shall have begun with the poll
			return
		}
		var out systemDateAndTime
		if answered(s.c.call(beside, s.c.device, device.GetSystemDateAndTime{}, &out, false)) {
			at = time.Now()
		}
	}()
	began := time.Now()
	list, err = s.pullLong(traced, wait)
	ended := time.Now()
	cancel()
	// A question that had to wait is answered as soon as the poll has ended:
	// only an answer clearly before that came beside it.
	switch at := <-answers; {
	case !at.IsZero() && at.Before(ended.Add(-wait/10)):
		return list, pollLong, err
	case ended.Sub(began) >= wait/2 && err == nil:
		return list, pollShort, nil
	default:
		return list, pollUnknown, err
	}
}

// rest waits; the error is that of ctx.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
