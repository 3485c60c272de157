package onvif_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lensdop/lensdop/devices"
	"github.com/lensdop/lensdop/devices/onvif"
	"github.com/lensdop/lensdop/devices/sim"
)

// ears runs Watch on a camera of a simulated device.
type ears struct {
	t      *testing.T
	events chan devices.Event
	stop   context.CancelFunc
	end    chan error
}

func listen(t *testing.T, cam devices.Camera) *ears {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	e := &ears{t, make(chan devices.Event, 1000), stop, make(chan error, 1)}
	go func() { e.end <- cam.Watch(ctx, func(x devices.Event) { e.events <- x }) }()
	t.Cleanup(stop)
	return e
}

// hears waits for an event that is no initial state.
func (e *ears) hears(kind devices.EventKind, topic, source string, on bool) {
	e.t.Helper()
	for end := time.After(10 * time.Second); ; {
		select {
		case x := <-e.events:
			if x.Initial {
				continue
			}
			if got, ok := x.On.Get(); x.Kind == kind && x.Topic == topic && x.Source == source && ok && got == on {
				return
			}
		case err := <-e.end:
			e.t.Fatalf("ended: %v", err)
		case <-end:
			e.t.Fatalf("no %s of %s", topic, source)
		}
	}
}

func (e *ears) ended() error {
	e.t.Helper()
	select {
	case err := <-e.end:
		return err
	case <-time.After(10 * time.Second):
		e.t.Fatal("Watch does not end")
		return nil
	}
}

func TestSimulatedEvents(t *testing.T) {
	for name, tc := range map[string]struct {
		address sim.SubscriptionAddress
		fault   string
	}{
		"absolute":      {address: sim.AddressAbsolute},
		"relative":      {address: sim.AddressRelative},
		"parameters":    {address: sim.AddressParameters},
		"digest":        {fault: sim.FaultDigestOnly},
		"clock in 1970": {fault: sim.FaultClock1970},
		"one at a time": {fault: sim.FaultSingleConnection},
		"namespace":     {fault: sim.FaultWrongNamespace},
	} {
		t.Run(name, func(t *testing.T) {
			d, _, target := simulated(t, sim.Camera{
				Lenses: 2, Subscriptions: tc.address, MaxPullPoints: 1, Outputs: []sim.Output{{Token: "out_1"}}, Inputs: []sim.Input{{Token: "in_1"}},
			})
			if tc.fault != "" {
				if err := d.SetFault(tc.fault, true); err != nil {
					t.Fatal(err)
				}
			}
			cams, err := onvif.Driver(onvif.Options{Timeout: 2 * time.Second}).Open(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			first := listen(t, cams[0])
			for initial := false; !initial; {
				select {
				case x := <-first.events:
					initial = x.Initial && x.Topic == "Device/Trigger/Relay"
				case err := <-first.end:
					t.Fatal(err)
				case <-time.After(10 * time.Second):
					t.Fatal("no initial states")
				}
			}
			second, refused := listen(t, cams[1]), d.Stats().Refused
			raise := func(topic string, lens int) {
				t.Helper()
				if err := d.Raise(topic, lens, true); err != nil {
					t.Fatal(err)
				}
			}
			raise(sim.TopicMotion, 1)
			raise(sim.TopicSignalLoss, 2)
			second.hears(devices.EventLoss, "VideoSource/SignalLoss", "source_2", true)
			raise(sim.TopicTooBlurry, 1)
			first.hears(devices.EventTamper, "VideoSource/ImageTooBlurry/ImagingService", "source_1", true)
			if err := d.Cover(1, sim.CoverTape); err != nil {
				t.Fatal(err)
			}
			first.hears(devices.EventTamper, "VideoSource/GlobalSceneChange/ImagingService", "source_1", true)
			if err := d.SetInput("in_1", true); err != nil {
				t.Fatal(err)
			}
			first.hears(devices.EventInput, "Device/Trigger/DigitalInput", "in_1", true)
			if d.Subscriptions() != 1 {
				t.Errorf("%d subscriptions", d.Subscriptions())
			}
			first.stop()
			if err := first.ended(); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			raise(sim.TopicTooBlurry, 2)
			second.hears(devices.EventTamper, "VideoSource/ImageTooBlurry/ImagingService", "source_2", true)
			second.stop()
			if err := second.ended(); !errors.Is(err, context.Canceled) || d.Subscriptions() != 0 {
				t.Errorf("%v, and %d subscriptions are left", err, d.Subscriptions())
			}
			// A nonce may grow old once; a login that is made up wrongly is refused each time.
			if n := d.Stats().Refused - refused; n > 2 {
				t.Errorf("%d requests were refused for their login", n)
			}
			for _, o := range append(first.rest(), second.rest()...) {
				if o.Topic == "VideoSource/MotionAlarm" {
					t.Errorf("reported %+v", o)
				}
			}
		})
	}
}

func (e *ears) rest() (all []devices.Event) {
	for {
		select {
		case x := <-e.events:
			all = append(all, x)
		default:
			return all
		}
	}
}

func TestSimulatedSubscriptionLost(t *testing.T) {
	d, _, target := simulated(t, sim.Camera{})
	drv := onvif.Driver(onvif.Options{Timeout: 2 * time.Second})
	cam := openOne(t, drv, target)
	e := listen(t, cam)
	<-e.events
	d.EndSubscriptions()
	if err := e.ended(); errors.Is(err, context.Canceled) || errors.Is(err, devices.ErrUnsupported) {
		t.Errorf("lost: %v", err)
	}
	e = listen(t, cam) // as the agent does
	<-e.events
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.ended(); !errors.Is(err, devices.ErrUnreachable) {
		t.Errorf("gone: %v", err)
	}
}

func TestSimulatedTopics(t *testing.T) {
	_, drv, target := simulated(t, sim.Camera{Outputs: []sim.Output{{Token: "out_1"}}})
	o := must(openOne(t, drv, target).Observe(t.Context()))
	want := map[string]bool{"VideoSource/GlobalSceneChange/ImagingService": true, "VideoSource/SignalLoss": true, "Device/Trigger/Relay": true}
	topics, ok := o.Topics.Get()
	for _, x := range topics {
		delete(want, x)
	}
	if !ok || len(want) > 0 {
		t.Errorf("got %v, without %v", o.Topics, want)
	}
}
