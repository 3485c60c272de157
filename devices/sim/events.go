package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Topics that Device.Raise knows: conditions of a lens, and of the device's
// contacts (ONVIF Imaging §5.3, DeviceIO §6).
const (
	TopicSceneChange = "tns1:VideoSource/GlobalSceneChange/ImagingService"
	TopicTooDark     = "tns1:VideoSource/ImageTooDark/ImagingService"
	TopicTooBright   = "tns1:VideoSource/ImageTooBright/ImagingService"
	TopicTooBlurry   = "tns1:VideoSource/ImageTooBlurry/ImagingService"
	TopicSignalLoss  = "tns1:VideoSource/SignalLoss"
	TopicMotion      = "tns1:VideoSource/MotionAlarm"

	topicRelay = "tns1:Device/Trigger/Relay"
	topicInput = "tns1:Device/Trigger/DigitalInput"
)

// sceneSettles is how long a camera that was turned keeps saying so.
const sceneSettles = 2 * time.Second

func lensTopics() []string {
	return []string{TopicSceneChange, TopicTooDark, TopicTooBright, TopicTooBlurry, TopicSignalLoss, TopicMotion}
}

// topicWords are the names and types that a topic's messages use.
func topicWords(topic string) (source, data, dataType string) {
	switch topic {
	case topicRelay:
		return "RelayToken", "LogicalState", "tt:RelayLogicalState"
	case topicInput:
		return "InputToken", "LogicalState", "xs:boolean"
	default:
		return "Source", "State", "xs:boolean"
	}
}

// property is one state that the device tells; its topic and source name it.
type property struct {
	topic, source, value string
	at                   time.Time // device clock
}

// notice is what a subscription gets.
type notice struct {
	property
	operation string // Initialized or Changed
}

// broker keeps the states and hands changes to the subscriptions.
type broker struct {
	mu     sync.Mutex
	states []property
	subs   map[string]*subscription
	last   int // number of the newest subscription
}

// subscription is one pull point.
type subscription struct {
	id      string
	topics  []topicFilter // none: everything
	until   time.Time     // host clock
	queue   []notice
	wake    chan struct{} // holds one token when something came
	pulling bool
	gone    bool
}

// maxQueue bounds what waits for a client; older notices fall out.
const maxQueue = 200

func newBroker(c Camera, at time.Time) *broker {
	b := &broker{subs: map[string]*subscription{}}
	for n := range c.Lenses {
		for _, t := range lensTopics() {
			b.states = append(b.states, property{t, sourceToken(n + 1), "false", at})
		}
	}
	for _, o := range c.Outputs {
		b.states = append(b.states, property{topicRelay, o.Token, relayState(false), at})
	}
	for _, in := range c.Inputs {
		b.states = append(b.states, property{topicInput, in.Token, strconv.FormatBool(in.Active), at})
	}
	return b
}

// set changes a state and tells it, if it is another one.
func (b *broker) set(at time.Time, topic, source, value string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.states, func(p property) bool { return p.topic == topic && p.source == source })
	if i < 0 {
		return false
	}
	p := &b.states[i]
	if p.value == value {
		return true
	}
	p.value, p.at = value, at
	for _, s := range b.subs {
		s.add(notice{*p, "Changed"})
	}
	return true
}

func (s *subscription) add(n notice) {
	if len(s.topics) > 0 && !slices.ContainsFunc(s.topics, func(f topicFilter) bool { return f.matches(n.topic) }) {
		return
	}
	if s.queue = append(s.queue, n); len(s.queue) > maxQueue {
		s.queue = s.queue[1:]
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// synchronise queues every state anew.
func (b *broker) synchronise(s *subscription) {
	for _, p := range b.states {
		s.add(notice{p, "Initialized"})
	}
}

// expire forgets subscriptions whose time is over. The caller holds mu.
func (b *broker) expire() {
	for id, s := range b.subs {
		if !s.pulling && time.Now().After(s.until) {
			s.gone = true
			delete(b.subs, id)
		}
	}
}

// end forgets all subscriptions, as a device does when its power goes.
func (b *broker) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.subs {
		s.gone = true
	}
	clear(b.subs)
}

// Subscriptions counts those that are alive.
func (d *Device) Subscriptions() int {
	d.events.mu.Lock()
	defer d.events.mu.Unlock()
	d.events.expire()
	return len(d.events.subs)
}

// EndSubscriptions makes the device forget all of them, as some do by themselves.
func (d *Device) EndSubscriptions() { d.events.end() }

// Raise sets a condition of a lens (one of the Topic constants) and tells who
// has subscribed, if it is a change. The lens counts from 1.
func (d *Device) Raise(topic string, lens int, on bool) error {
	if !d.events.set(d.now(), topic, sourceToken(lens), strconv.FormatBool(on)) {
		return fmt.Errorf("simulated camera %s: no topic %q of lens %d; the topics are %s", d.cam.Name, topic, lens, strings.Join(lensTopics(), ", "))
	}
	return nil
}

// sense tells by events what hangs before a lens now.
func (d *Device) sense(lens int) {
	l := d.lens[lens-1]
	l.mu.Lock()
	front := l.front
	l.mu.Unlock()
	if d.contacts.shut(d.cam.Shutter, lens) {
		front = CoverBlack
	}
	now := d.now()
	for topic, on := range map[string]bool{
		TopicSceneChange: front != ClearLens,
		TopicTooDark:     front == CoverTape || front == CoverBlack,
		TopicTooBright:   front == CoverBright,
	} {
		d.events.set(now, topic, sourceToken(lens), strconv.FormatBool(on))
	}
}

// topicFilter is one topic expression, by its path: a last segment of "." is
// whatever lies at or below (ONVIF Core, ConcreteSet dialect).
type topicFilter struct {
	path  []string
	below bool
}

// parseTopics reads a ConcreteSet expression. Its prefixes must mean what they
// are meant to where they stand.
func parseTopics(n *node) ([]topicFilter, bool) {
	var list []topicFilter
	for part := range strings.SplitSeq(n.text, "|") {
		part, below := strings.CutSuffix(strings.TrimSpace(part), "//.")
		f := topicFilter{below: below}
		for i, segment := range strings.Split(part, "/") {
			name, ok := n.qname(segment)
			if !ok || name.Local == "" || i == 0 && name.Space != nsTNS1 {
				return nil, false
			}
			f.path = append(f.path, name.Local)
		}
		list = append(list, f)
	}
	return list, true
}

func (f topicFilter) matches(topic string) bool {
	have := strings.Split(strings.TrimPrefix(topic, "tns1:"), "/")
	if len(have) < len(f.path) || len(have) > len(f.path) && !f.below {
		return false
	}
	return slices.Equal(have[:len(f.path)], f.path)
}
