package sim

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Output is a contact that a device can close and open (an ONVIF relay output).
type Output struct {
	Token string
	// Monostable outputs fall back to inactive Delay after they became active.
	Monostable bool
	Delay      time.Duration // default 1 s
	// IdleClosed means that the circuit is closed while the output is inactive.
	IdleClosed bool
	// Fixed outputs refuse SetRelayOutputSettings to change their mode.
	Fixed bool
}

// Input is a contact that a device watches.
type Input struct {
	Token  string
	Active bool // at the start
}

// Shutter is a lid before a lens that an output works: the picture is flat
// while it is closed, and the sound stays.
type Shutter struct {
	// Output closes it by closing its circuit. Empty means that there is none.
	Output string
	Lens   int // from 1; 0 means every lens
	// Inverted shutters close while the circuit is open.
	Inverted bool
}

// contacts are a device's outputs and inputs.
type contacts struct {
	mu      sync.Mutex
	outputs []contact
	inputs  []Input
}

type contact struct {
	Output
	active bool
	closed bool // the circuit itself; differs from what is told only by a fault
	turn   int  // grows with each change, so that an old delay changes nothing
}

// circuit is what the output's settings make of its state.
func (c contact) circuit() bool { return c.active != c.IdleClosed }

func newContacts(c Camera) *contacts {
	k := &contacts{inputs: slices.Clone(c.Inputs)}
	for _, o := range c.Outputs {
		x := contact{Output: o}
		x.closed = x.circuit()
		k.outputs = append(k.outputs, x)
	}
	return k
}

// shut tells whether a shutter is closed before a lens.
func (k *contacts) shut(s Shutter, lens int) bool {
	if s.Output == "" || s.Lens != 0 && s.Lens != lens {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.outputs, func(c contact) bool { return c.Token == s.Output })
	return i >= 0 && k.outputs[i].closed != s.Inverted
}

func noContact() *soapFault {
	return senderFault("there is no such output", "ter:InvalidArgVal", "ter:RelayToken")
}

// change works on one output, and tells what follows from it.
func (d *Device) change(token string, f func(c *contact) *soapFault) *soapFault {
	ignored := d.fault(FaultContactNotApplied)
	d.contacts.mu.Lock()
	i := slices.IndexFunc(d.contacts.outputs, func(c contact) bool { return c.Token == token })
	if i < 0 {
		d.contacts.mu.Unlock()
		return noContact()
	}
	c := &d.contacts.outputs[i]
	was := c.active
	if f := f(c); f != nil {
		d.contacts.mu.Unlock()
		return f
	}
	c.turn++
	if !ignored {
		c.closed = c.circuit()
	}
	now := *c
	d.contacts.mu.Unlock()

	if now.active != was {
		d.events.set(d.now(), topicRelay, token, relayState(now.active))
	}
	for n := range d.lens {
		d.sense(n + 1)
	}
	if now.active && now.Monostable {
		d.timers.after(now.Delay, func() {
			// The output may have been set anew meanwhile, or its mode changed.
			f := d.change(token, func(c *contact) *soapFault {
				if c.turn != now.turn {
					return noContact()
				}
				c.active = false
				return nil
			})
			d.log.Debug("output fell back", "output", token, "done", f == nil)
		})
	}
	return nil
}

// SetOutput sets an output as somebody at the device would. It returns an
// error if there is none of that token.
func (d *Device) SetOutput(token string, active bool) error {
	f := d.change(token, func(c *contact) *soapFault { c.active = active; return nil })
	if f != nil {
		return fmt.Errorf("simulated camera %s: output %s: %w", d.cam.Name, token, f)
	}
	return nil
}

// Output tells the settings of an output, whether it is active, and whether
// its circuit is really closed.
func (d *Device) Output(token string) (o Output, active, closed bool, err error) {
	d.contacts.mu.Lock()
	defer d.contacts.mu.Unlock()
	for _, c := range d.contacts.outputs {
		if c.Token == token {
			return c.Output, c.active, c.closed, nil
		}
	}
	return o, false, false, fmt.Errorf("simulated camera %s has no output %s", d.cam.Name, token)
}

// SetInput closes or opens an input from outside.
func (d *Device) SetInput(token string, active bool) error {
	d.contacts.mu.Lock()
	i := slices.IndexFunc(d.contacts.inputs, func(in Input) bool { return in.Token == token })
	if i >= 0 {
		d.contacts.inputs[i].Active = active
	}
	d.contacts.mu.Unlock()
	if i < 0 {
		return fmt.Errorf("simulated camera %s has no input %s", d.cam.Name, token)
	}
	d.events.set(d.now(), topicInput, token, fmt.Sprint(active))
	return nil
}

// cutPower is what happens to outputs when the power goes: those that fall
// back by themselves have fallen back.
func (d *Device) cutPower() {
	d.contacts.mu.Lock()
	defer d.contacts.mu.Unlock()
	for i := range d.contacts.outputs {
		if c := &d.contacts.outputs[i]; c.Monostable {
			c.active = false
			c.closed = c.circuit()
			c.turn++
		}
	}
}

func relayState(active bool) string {
	if active {
		return "active"
	}
	return "inactive"
}
