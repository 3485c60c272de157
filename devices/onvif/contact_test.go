package onvif

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/devices"
)

// fakeOutput is the part of a device that works an output and tells its state
// by the initial event of a subscription.
type fakeOutput struct {
	f      *fake
	active bool
	mode   string
	idle   string
	// events are "initial", "synchronized" (only when asked), "never"
	events  string
	asked   bool
	parted  string // reference parameters, if any
	address string
	open    int // subscriptions
	sets    []string
	stuck   bool
	topic   string
}

func newOutput(t *testing.T) *fakeOutput {
	f := newFake(t)
	o := &fakeOutput{f: f, mode: "Bistable", idle: "open", events: "initial", topic: "tns1:Device/tns1:Trigger/tns1:Relay", address: "/onvif/events?id=1"}
	f.services = [][2]string{{nsEvents, "events"}, {nsDeviceIO, "io"}}
	outputs := func(string) string {
		return `<tds:GetRelayOutputsResponse><tds:RelayOutputs token="out1"><tt:Properties><tt:Mode>` + o.mode + `</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>` + o.idle + `</tt:IdleState></tt:Properties></tds:RelayOutputs>` +
			`<tds:RelayOutputs token="out2"><tt:Properties><tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT1S</tt:DelayTime><tt:IdleState>closed</tt:IdleState></tt:Properties></tds:RelayOutputs></tds:GetRelayOutputsResponse>`
	}
	f.more["tds:GetRelayOutputs"], f.more["tmd:GetRelayOutputs"] = outputs, outputs
	f.more["tds:SetRelayOutputState"] = func(body string) string {
		o.sets = append(o.sets, text(body, "RelayOutputToken")+" "+text(body, "LogicalState"))
		if !o.stuck && text(body, "RelayOutputToken") == "out1" {
			o.active = text(body, "LogicalState") == "active"
		}
		return `<tds:SetRelayOutputStateResponse/>`
	}
	f.more["tev:CreatePullPointSubscription"] = func(string) string {
		o.open++
		o.asked = false
		return `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>` + o.address + `</wsa:Address>` + o.parted +
			`</tev:SubscriptionReference><wsnt:CurrentTime>2026-01-01T00:00:00Z</wsnt:CurrentTime></tev:CreatePullPointSubscriptionResponse>`
	}
	first := true
	f.more["tev:PullMessages"] = func(body string) string {
		if o.parted != "" && !strings.Contains(body, `<k:Id xmlns:k="urn:keys">7 &amp; 8</k:Id>`) {
			f.t.Error("the parameters are not sent again")
		}
		if !strings.Contains(body, "PullPointSubscription/PullMessagesRequest</wsa:Action>") {
			f.t.Error("no action")
		}
		message := func(topic, source, data string) string {
			return `<wsnt:NotificationMessage><wsnt:Topic Dialect="d">` + topic + `</wsnt:Topic><wsnt:Message><tt:Message UtcTime="2026-01-01T00:00:00Z" PropertyOperation="Initialized"><tt:Source><tt:SimpleItem Name="RelayToken" Value="` + source +
				`"/></tt:Source><tt:Data><tt:SimpleItem Name="LogicalState" Value="` + data + `"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`
		}
		state := map[bool]string{true: "active", false: "inactive"}
		s := ""
		if o.events == "initial" || o.events == "synchronized" && o.asked {
			// Others' states, and at first a page without ours.
			s = message("tns1:Device/Trigger/DigitalInput", "out1", "true") + message(o.topic, "out2", "inactive")
			if first = !first; first {
				s += message(o.topic, "out1", state[!o.active]) + message(o.topic, "out1", state[o.active])
			}
		}
		return `<tev:PullMessagesResponse><tev:CurrentTime>2026-01-01T00:00:00Z</tev:CurrentTime>` + s + `</tev:PullMessagesResponse>`
	}
	f.more["tev:SetSynchronizationPoint"] = func(string) string {
		o.asked = true
		return `<tev:SetSynchronizationPointResponse/>`
	}
	f.more["wsnt:Unsubscribe"] = func(string) string {
		o.open--
		return `<wsnt:UnsubscribeResponse/>`
	}
	t.Cleanup(func() {
		if o.open != 0 {
			t.Errorf("%d subscriptions are left", o.open)
		}
	})
	return o
}

func (o *fakeOutput) site(t *testing.T, m devices.Means) *driven {
	m.Source = "VS1"
	return &driven{t: t, f: o.f, method: devices.MethodContact, means: []devices.Means{m}}
}

func TestContact(t *testing.T) {
	for name, inverted := range map[string]bool{"closed when active": false, "closed when inactive": true} {
		for _, events := range []string{"initial", "synchronized"} {
			t.Run(name+" "+events, func(t *testing.T) {
				o := newOutput(t)
				o.active, o.events = inverted, events
				d := o.site(t, devices.Means{Contact: "out1", Inverted: inverted}).begin()
				if !d.offers() {
					t.Fatal("not offered")
				}
				d.mustHold(wholePicture, false)
				d.mustApply(wholePicture)
				if o.active == inverted {
					t.Errorf("the output is active: %v", o.active)
				}
				d.mustHold(wholePicture, true)
				d.mustApply(wholePicture)
				if len(o.sets) != 1 {
					t.Errorf("set %v", o.sets)
				}
				if err := d.restore(); err != nil || o.active != inverted {
					t.Errorf("the output is active: %v, %v", o.active, err)
				}
				d.mustHold(devices.Cover{}, true)
				if err := d.restore(); err != nil || len(o.sets) != 2 {
					t.Errorf("restoring twice: %v, %v", o.sets, err)
				}
				d.mustApply(wholePicture)
				d.mustApply(devices.Cover{})
				if o.active != inverted {
					t.Errorf("the output is active: %v", o.active)
				}
			})
		}
	}
	t.Run("closed before", func(t *testing.T) {
		o := newOutput(t)
		o.active = true
		d := o.site(t, devices.Means{Contact: "out1"}).begin()
		d.mustApply(wholePicture)
		if err := d.restore(); err != nil || len(o.sets) != 0 || !o.active {
			t.Errorf("set %v, %v", o.sets, err)
		}
	})
	t.Run("parameters", func(t *testing.T) {
		o := newOutput(t)
		o.parted = `<wsa:ReferenceParameters xmlns:k="urn:keys"><k:Id>7 &amp; 8</k:Id></wsa:ReferenceParameters>`
		d := o.site(t, devices.Means{Contact: "out1"}).begin()
		d.mustApply(wholePicture)
	})
	t.Run("opened by hand", func(t *testing.T) {
		o := newOutput(t)
		d := o.site(t, devices.Means{Contact: "out1"}).begin()
		d.mustApply(wholePicture)
		o.active = false
		d.mustHold(wholePicture, false)
		if err := d.restore(); err != nil || len(o.sets) != 1 {
			t.Errorf("set %v, %v", o.sets, err)
		}
	})
	t.Run("nothing was written", func(t *testing.T) {
		o := newOutput(t)
		d := o.site(t, devices.Means{Contact: "out1"}).begin()
		o.active = true
		if err := d.restore(); err != nil || len(o.sets) != 0 {
			t.Errorf("set %v, %v", o.sets, err)
		}
		if _, err := d.cam().Apply(t.Context(), d.undo, wholePicture); err == nil || len(o.sets) != 0 {
			t.Errorf("applied without a journal: %v", err)
		}
		if _, err := d.apply(zones(triangle("t"))); !errors.Is(err, devices.ErrUnsupported) || len(o.sets) != 0 {
			t.Errorf("zones: %v", err)
		}
	})
	t.Run("a crash between write and answer", func(t *testing.T) {
		o := newOutput(t)
		d := o.site(t, devices.Means{Contact: "out1"}).begin()
		o.f.after["tds:SetRelayOutputState"] = func() { panic(http.ErrAbortHandler) }
		_, err := d.apply(wholePicture)
		o.f.mu.Lock() // no answer came to tell that the device is done
		if !errors.Is(err, devices.ErrUnreachable) || !o.active {
			t.Errorf("got %v", err)
		}
		delete(o.f.after, "tds:SetRelayOutputState")
		o.f.mu.Unlock()
		if err := d.restore(); err != nil || o.active {
			t.Errorf("the output is active: %v, %v", o.active, err)
		}
	})
}

func TestContactThatIsNotShown(t *testing.T) {
	o := newOutput(t)
	d := o.site(t, devices.Means{Contact: "out1"}).begin()
	o.stuck = true
	if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrNotApplied) || got.Whole {
		t.Errorf("got %+v, %v", got, err)
	}
	o.stuck, o.events = false, "never"
	if got, err := d.apply(wholePicture); !errors.Is(err, devices.ErrUnsupported) || got.Whole {
		t.Errorf("no events: got %+v, %v", got, err)
	}
	if ok, err := d.cam().Holds(t.Context(), d.undo, wholePicture); ok || !errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("no events: holds %v, %v", ok, err)
	}
	o.events = "initial"
	for name, change := range map[string]struct {
		do   func()
		want error
	}{
		"other way round": {func() { o.idle = "closed" }, devices.ErrForeign},
		"monostable":      {func() { o.idle, o.mode = "open", "Monostable" }, devices.ErrUnsupported},
	} {
		o.mode, o.idle = "Bistable", "open"
		change.do()
		n := len(o.sets)
		if got, err := d.apply(wholePicture); !errors.Is(err, change.want) || got.Whole || len(o.sets) != n {
			t.Errorf("%s: got %+v, %v; set %v", name, got, err, o.sets[n:])
		}
		if err := d.restore(); !errors.Is(err, change.want) || len(o.sets) != n {
			t.Errorf("%s: restore %v", name, err)
		}
	}
}

func TestContactIsNotOffered(t *testing.T) {
	for name, tc := range map[string]struct {
		contact string
		set     func(*fakeOutput)
		want    string
		offered bool // as far as can be told without a subscription
	}{
		"none named":  {"", func(*fakeOutput) {}, "no output is named", false},
		"not there":   {"out9", func(*fakeOutput) {}, `no output "out9"`, false},
		"monostable":  {"out2", func(*fakeOutput) {}, "falls back by itself; set the output to bistable", false},
		"no events":   {"out1", func(o *fakeOutput) { o.f.services = o.f.services[1:] }, "lists no service", false},
		"never told":  {"out1", func(o *fakeOutput) { o.events = "never" }, "does not tell the state", true},
		"other topic": {"out1", func(o *fakeOutput) { o.topic = "tns1:Device/Trigger/Relays" }, "does not tell the state", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOutput(t)
			tc.set(o)
			d := o.site(t, devices.Means{Contact: tc.contact})
			if got := d.offers(); got != tc.offered {
				t.Errorf("offered %v", got)
			}
			_, err := d.cam().State(t.Context(), devices.MethodContact)
			if !errors.Is(err, devices.ErrUnsupported) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
			if len(o.sets) != 0 {
				t.Errorf("set %v", o.sets)
			}
		})
	}
}

// A device whose DeviceIO service does not know the request has it in the
// device service.
func TestContactByTheDeviceService(t *testing.T) {
	o := newOutput(t)
	o.f.services = o.f.services[:1]
	d := o.site(t, devices.Means{Contact: "out1"}).begin()
	d.mustApply(wholePicture)
	if fmt.Sprint(o.sets) != "[out1 active]" {
		t.Errorf("set %v", o.sets)
	}
}

func FuzzPulled(f *testing.F) {
	f.Add([]byte(envelopeOf(`<tev:PullMessagesResponse><wsnt:NotificationMessage><wsnt:Topic>tns1:Device/Trigger/Relay</wsnt:Topic><wsnt:Message><tt:Message PropertyOperation="Changed"><tt:Source><tt:SimpleItem Name="RelayToken" Value="out1"/></tt:Source><tt:Data><tt:SimpleItem Name="LogicalState" Value="active"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage></tev:PullMessagesResponse>`)))
	f.Add([]byte(envelopeOf(`<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>/a</wsa:Address><wsa:ReferenceParameters><k:Id xmlns:k="urn:k" k:a='b>c'>7</k:Id><x/></wsa:ReferenceParameters></tev:SubscriptionReference></tev:CreatePullPointSubscriptionResponse>`)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m pulled
		if err := parseAnswer(b, "PullMessagesResponse", &m); err == nil {
			active, ok, err := m.relay("out1")
			if active && !ok && err == nil {
				t.Error("a state that nobody told")
			}
			if err != nil && !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
		}
		var p pullPoint
		if err := parseAnswer(b, "CreatePullPointSubscriptionResponse", &p); err != nil {
			return
		}
		parameters, err := referenceParameters(p.message)
		if err != nil {
			if !errors.Is(err, devices.ErrMalformed) {
				t.Errorf("error %v is not ErrMalformed", err)
			}
			return
		}
		if _, _, err := envelope(shortPull{Timeout: "PT1S", at: addressed{to: p.Address, parameters: parameters}}, ""); err != nil {
			t.Errorf("%q cannot be sent: %v", parameters, err)
		}
	})
}
