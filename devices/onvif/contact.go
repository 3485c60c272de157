package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lensdop/lensdop/devices"
)

// switching covers the whole picture by an output that works a shutter. ONVIF
// has no question for an output's state: it is told as the initial value of
// the property tns1:Device/Trigger/Relay (DeviceIO §5.5), by a subscription
// that is made and ended for each reading. An output without that cannot be
// read back and is not used.
type switching struct{ *camera }

// Limits of one reading of an output.
const (
	maxPulls     = 8
	pullMessages = 100
	maxReadBacks = 4
	leaveTime    = 2 * time.Second // to end a subscription after ctx has ended
)

// contactState is State.Data.
type contactState struct {
	Token string `json:"token"`
	// Closed is the logical state at which the shutter is closed; Active the
	// one that was found. What they mean to the wire hangs on IdleOpen.
	Closed   bool `json:"closed"`
	Active   bool `json:"active"`
	IdleOpen bool `json:"idle_open"`
}

// output finds the output that the site named.
func (w switching) output(ctx context.Context, token string) (devices.Contact, error) {
	if token == "" {
		return devices.Contact{}, fmt.Errorf("%w: no output is named that works a shutter", devices.ErrUnsupported)
	}
	all, err := w.contacts(ctx)
	if err != nil {
		return devices.Contact{}, err
	}
	i := slices.IndexFunc(all, func(c devices.Contact) bool { return c.Token == token })
	if i < 0 {
		return devices.Contact{}, &remedied{
			fmt.Errorf("%w: the device has no output %q", devices.ErrUnsupported, plain(token, 64)),
			"name one of the device's outputs by its token",
		}
	}
	if !all[i].Bistable {
		return devices.Contact{}, &remedied{
			fmt.Errorf("%w: output %q falls back by itself", devices.ErrUnsupported, plain(token, 64)),
			"set the output to bistable on the device",
		}
	}
	return all[i], nil
}

// offered: the output is there, stays as it is set, and the device has events
// to tell its state by.
func (w switching) offered(ctx context.Context) error {
	if _, err := w.output(ctx, w.means.Contact); err != nil {
		return err
	}
	_, err := w.c.service(nsEvents)
	return err
}

func (w switching) state(ctx context.Context) (any, error) {
	o, err := w.output(ctx, w.means.Contact)
	if err != nil {
		return nil, err
	}
	active, err := w.active(ctx, o.Token)
	if err != nil {
		return nil, err
	}
	return contactState{Token: o.Token, Closed: !w.means.Inverted, Active: active, IdleOpen: o.IdleOpen}, nil
}

func (w switching) was(u devices.Undo) (contactState, error) {
	s, err := journal[contactState](u, devices.MethodContact)
	if err == nil && s.Token == "" {
		err = errors.New("the journal's state from before names no output")
	}
	return s, err
}

// now reads the output, and refuses one that works the other way round than
// when the journal was written: its states mean the opposite then.
func (w switching) now(ctx context.Context, was contactState) (active bool, err error) {
	o, err := w.output(ctx, was.Token)
	if err != nil {
		return false, err
	}
	if o.IdleOpen != was.IdleOpen {
		return false, &remedied{
			fmt.Errorf("%w: output %q was made to work the other way round", devices.ErrForeign, plain(was.Token, 64)),
			"look at the shutter, and set the output's idle state back",
		}
	}
	return w.active(ctx, was.Token)
}

func (w switching) set(ctx context.Context, token string, active bool) error {
	in := setRelayOutputState{Token: token, State: "inactive"}
	if active {
		in.State = "active"
	}
	err := w.c.callService(ctx, nsDeviceIO, in, &struct{}{})
	if errors.Is(err, devices.ErrUnsupported) {
		if e := w.c.call(ctx, w.c.device, in, &struct{}{}, true); e != nil {
			return several(err, e)
		}
		return nil
	}
	return err
}

// turn sets the output and reads it back; the event may come a little later
// than the answer.
func (w switching) turn(ctx context.Context, token string, active bool) error {
	if err := w.set(ctx, token, active); err != nil {
		return err
	}
	pause := parkFirstLook
	for range maxReadBacks {
		now, err := w.active(ctx, token)
		if err != nil || now == active {
			return err
		}
		next := time.NewTimer(pause)
		pause *= 2
		select {
		case <-next.C:
		case <-ctx.Done():
			next.Stop()
			return interrupted(ctx)
		}
	}
	return fmt.Errorf("%w: output %q stays as it was", devices.ErrNotApplied, plain(token, 64))
}

// apply closes the shutter. Without c.Whole it is opened, if it was open.
func (w switching) apply(ctx context.Context, u devices.Undo, c devices.Cover) (devices.Cover, error) {
	was, err := w.was(u)
	if err != nil {
		return devices.Cover{}, err
	}
	if err := mayCover(u, c); err != nil {
		return devices.Cover{}, err
	}
	if !c.Whole {
		return devices.Cover{}, w.restore(ctx, u)
	}
	active, err := w.now(ctx, was)
	if err == nil && active != was.Closed {
		err = w.turn(ctx, was.Token, was.Closed)
	}
	if err != nil {
		return devices.Cover{}, err
	}
	return devices.Cover{Whole: true}, nil
}

// holds tells whether the output is as the shutter needs it. An output that
// tells no state is an error.
func (w switching) holds(ctx context.Context, u devices.Undo, c devices.Cover) (bool, error) {
	was, err := w.was(u)
	if err != nil {
		return false, err
	}
	if err := wholeOnly(u.Method, c); err != nil {
		return false, err
	}
	active, err := w.now(ctx, was)
	if c.Whole {
		return active == was.Closed, err
	}
	return active != was.Closed || was.Active == was.Closed, err
}

// restore opens the shutter, if it was open before and is closed now.
func (w switching) restore(ctx context.Context, u devices.Undo) error {
	was, err := w.was(u)
	if err != nil || !wroteWhole(u) || was.Active == was.Closed {
		return err
	}
	active, err := w.now(ctx, was)
	if err != nil || active != was.Closed {
		return err
	}
	return w.turn(ctx, was.Token, was.Active)
}

// errNoState is an output whose state the device never tells.
var errNoState = fmt.Errorf("%w: the device does not tell the state of its output", devices.ErrUnsupported)

// active reads the state of an output by a subscription of its own.
func (w switching) active(ctx context.Context, token string) (bool, error) {
	var p pullPoint
	if err := w.c.callService(ctx, nsEvents, shortPullPoint{Lasts: "PT60S"}, &p); err != nil {
		return false, err
	}
	to, err := w.c.local(p.Address)
	if err != nil {
		return false, err
	}
	parameters, err := referenceParameters(p.message)
	if err != nil {
		return false, err
	}
	// In the header goes the address as the device gave it.
	at := func(action string) addressed {
		return addressed{action: action, to: strings.TrimSpace(p.Address), parameters: parameters}
	}
	defer func() {
		// The device drops it in a minute if this fails.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(leaveTime, w.c.o.Timeout))
		defer cancel()
		action := wsntSpace[:len(wsntSpace)-len("b-2")] + "bw-2/SubscriptionManager/UnsubscribeRequest"
		if err := w.c.call(ctx, to, shortUnsubscribe{Space: wsntSpace, at: at(action)}, &struct{}{}, true); err != nil {
			w.c.o.Log.Debug("subscription not ended", "device", w.c.address, "error", err)
		}
	}()
	silent := 0
	for range maxPulls {
		var m pulled
		err := w.c.call(ctx, to, shortPull{Timeout: "PT1S", Limit: pullMessages, at: at(pullPort + "PullMessagesRequest")}, &m, true)
		if err != nil {
			return false, err
		}
		if active, ok, err := m.relay(token); ok || err != nil {
			return active, err
		}
		if len(m.Messages) > 0 {
			continue
		}
		if silent++; silent > 1 {
			break
		}
		// A device that does not tell its properties by itself is asked to.
		err = w.c.call(ctx, to, shortSynchronize{at: at(pullPort + "SetSynchronizationPointRequest")}, &struct{}{}, true)
		if fatal(err) {
			return false, err
		}
	}
	return false, &remedied{errNoState, "cover this camera in another way"}
}

// relay is the last that the messages tell of an output.
func (p pulled) relay(token string) (active, ok bool, err error) {
	for _, n := range p.Messages {
		if !relayTopic(n.Topic) || strings.EqualFold(n.Message.Operation, "Deleted") {
			continue
		}
		if !slices.ContainsFunc(n.Message.Source, func(s simpleItem) bool { return strings.TrimSpace(s.Value) == token }) {
			continue
		}
		told := false
		for _, d := range n.Message.Data {
			switch strings.ToLower(strings.TrimSpace(d.Value)) {
			case "active", "true", "1":
				active, told = true, true
			case "inactive", "false", "0":
				active, told = false, true
			}
		}
		if !told {
			return false, false, fmt.Errorf("%w: an output that is neither active nor inactive", devices.ErrMalformed)
		}
		ok = true
	}
	return active, ok, nil
}

// relayTopic tells whether a topic is that of outputs, whatever its prefixes.
func relayTopic(topic string) bool {
	var path []string
	for s := range strings.SplitSeq(strings.TrimSpace(topic), "/") {
		path = append(path, strings.ToLower(s[strings.LastIndexByte(s, ':')+1:]))
	}
	n := len(path)
	return n >= 2 && path[n-2] == "trigger" && path[n-1] == "relay"
}

// referenceParameters are the elements that a device wants to see again with
// each request to a subscription, as complete elements.
func referenceParameters(message []byte) ([]string, error) {
	all, err := findVerbatim(message, "SubscriptionReference", "ReferenceParameters", "")
	if err != nil || len(all) == 0 || all[0].inner == "" {
		return nil, err
	}
	v := all[0]
	d := xml.NewDecoder(strings.NewReader(v.inner))
	var out []string
	depth, from := 0, int64(0)
	for {
		at := d.InputOffset()
		tok, err := d.RawToken()
		if err != nil {
			return out, nil //nolint:nilerr // its end; findVerbatim has read all of it
		}
		switch tok.(type) {
		case xml.StartElement:
			if depth == 0 {
				from = at
			}
			depth++
		case xml.EndElement:
			if depth--; depth > 0 {
				continue
			}
			one := declare(v.inner[from:d.InputOffset()], v.spaces)
			if len(out) == maxReference || wellFormed(one) != nil {
				return nil, fmt.Errorf("%w: the parameters of its subscription", devices.ErrMalformed)
			}
			out = append(out, one)
		}
	}
}

const maxReference = 16

// declare adds what prefixes mean to an element that does not say so itself.
func declare(element string, spaces map[string]string) string {
	end := strings.IndexAny(element, " \t\r\n/>")
	tag := strings.IndexByte(element, '>')
	if end < 0 || tag < 0 {
		return element
	}
	var b strings.Builder
	b.WriteString(element[:end])
	for _, p := range declarable(spaces, element) {
		attr := "xmlns"
		if p != "" {
			attr += ":" + p
		}
		if strings.Contains(element[:tag], attr+"=") {
			continue
		}
		b.WriteString(" " + attr + `="`)
		_ = xml.EscapeText(&b, []byte(spaces[p])) // a strings.Builder takes all
		b.WriteString(`"`)
	}
	b.WriteString(element[end:])
	return b.String()
}
