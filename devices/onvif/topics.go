package onvif

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lensdop/lensdop/devices"
)

// Namespaces and dialects of topics (ONVIF Core §9.6, WS-Topics 1.3).
const (
	nsTopics   = "http://www.onvif.org/ver10/topics"
	concretely = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
)

// Limits of what is believed of a device's topics and messages.
const (
	maxTopics     = 1024
	maxSegments   = 16
	maxSegment    = 80   // bytes of a segment's name
	maxNotices    = 1024 // in one answer
	maxExpression = 16   // topics named in a filter
)

type getEventProperties struct {
	XMLName xml.Name `xml:"tev:GetEventProperties"`
}

// eventProperties are the topics that a device can tell. The descriptions of
// their messages are passed over.
type eventProperties struct {
	Dialects []string `xml:"TopicExpressionDialect"`
	Set      topicSet `xml:"TopicSet"`
}

// topicSet reads a tree of elements whose names are the segments of topics.
type topicSet struct {
	topics []topic
}

// topic is one topic of a device.
type topic struct {
	path  []string
	space string // of the first segment
	// known tells that all segments are of ONVIF's own namespace, or of none.
	known bool
}

func (t topic) String() string { return strings.Join(t.path, "/") }

// UnmarshalXML walks the tree. What is marked as a topic is one, and so is a
// leaf that is not marked: some firmwares forget to.
func (s *topicSet) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	type branch struct {
		topic  topic
		marked bool
		kids   bool
	}
	var stack []branch
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if notTopic(t.Name.Local) {
				if len(stack) > 0 && t.Name.Local == "MessageDescription" {
					stack[len(stack)-1].marked = true
				}
				if err := d.Skip(); err != nil {
					return err
				}
				continue
			}
			b := branch{topic: topic{space: t.Name.Space, known: t.Name.Space == nsTopics}, marked: marked(t.Attr)}
			if n := len(stack); n > 0 {
				up := &stack[n-1]
				up.kids = true
				b.topic = topic{
					path: slices.Clone(up.topic.path), space: up.topic.space,
					known: up.topic.known && (t.Name.Space == "" || t.Name.Space == nsTopics),
				}
			}
			b.topic.path = append(b.topic.path, t.Name.Local)
			if len(b.topic.path) > maxSegments || len(t.Name.Local) > maxSegment {
				return fmt.Errorf("%w: a topic of over %d segments or a segment of over %d bytes", devices.ErrOutOfBounds, maxSegments, maxSegment)
			}
			stack = append(stack, b)
		case xml.EndElement:
			if len(stack) == 0 {
				return nil
			}
			b := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if b.marked || !b.kids {
				if s.topics = append(s.topics, b.topic); len(s.topics) > maxTopics {
					return fmt.Errorf("%w: over %d topics", devices.ErrOutOfBounds, maxTopics)
				}
			}
		}
	}
}

// notTopic tells an element that describes a topic and is none.
func notTopic(name string) bool {
	return name == "MessageDescription" || name == "documentation" || name == "Documentation"
}

func marked(attrs []xml.Attr) bool {
	for _, a := range attrs {
		if on, _ := truth(a.Value); on && a.Name.Local == "topic" {
			return true
		}
	}
	return false
}

// topics lists the events that the device can tell, without prefixes.
func (cam *camera) topics(ctx context.Context) ([]string, error) {
	p, err := cam.c.eventProperties(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, t := range p.Set.topics {
		out = append(out, plain(t.String(), maxSegments*maxSegment))
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (c *client) eventProperties(ctx context.Context) (eventProperties, error) {
	var p eventProperties
	err := c.callService(ctx, nsEvents, getEventProperties{}, &p)
	return p, err
}

// expression is a filter for those of the device's topics that are reported,
// so that the others are not even sent; empty if they cannot be told apart.
// Below VideoSource it takes in what lies beneath: devices list a topic with
// the service that it comes from and tell it without, or the other way round.
func (p eventProperties) expression() string {
	if !slices.ContainsFunc(p.Dialects, func(d string) bool { return strings.TrimSpace(d) == concretely }) {
		return ""
	}
	var list, roots []string
	for _, t := range p.Set.topics {
		if _, ok := kindOf(t.path); !ok {
			continue
		}
		if t.space != nsTopics {
			return ""
		}
		root := "tns1:" + t.path[0] + "//."
		roots = append(roots, root)
		switch {
		case !t.known:
			list = append(list, root)
		case strings.EqualFold(t.path[0], "VideoSource"):
			list = append(list, "tns1:"+strings.Join(t.path[:2], "/")+"//.")
		default:
			list = append(list, "tns1:"+t.String())
		}
	}
	slices.Sort(list)
	if list = slices.Compact(list); len(list) > maxExpression {
		slices.Sort(roots)
		list = slices.Compact(roots)
	}
	return strings.Join(list, "|")
}

// kindOf tells what a topic is about. It is the one place that lets an event
// out of the driver: who passed, who was let in and that somebody moved are in
// none of these topics.
func kindOf(path []string) (devices.EventKind, bool) {
	if len(path) < 2 {
		return "", false
	}
	is := func(i int, names ...string) bool {
		return i < len(path) && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(path[i], n) })
	}
	later := func(names ...string) bool {
		return slices.ContainsFunc(path[1:], func(s string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(s, n) })
		})
	}
	switch {
	case is(0, "VideoSource") && is(1, "GlobalSceneChange", "ImageTooDark", "ImageTooBright", "ImageTooBlurry"),
		is(0, "VideoSource") && later("Tampering"), // a maker's own
		is(0, "RuleEngine") && is(1, "TamperDetector") && is(2, "Tamper"),
		is(0, "Device") && later("Tampering"),
		len(path[0]) >= 4 && strings.EqualFold(path[0][:4], "Door") && later("Tamper", "DoorTamper"):
		return devices.EventTamper, true
	case is(0, "VideoSource") && is(1, "SignalLoss"):
		return devices.EventLoss, true
	case is(0, "Device") && is(1, "Trigger") && is(2, "Relay"):
		return devices.EventContact, true
	case is(0, "Device") && is(1, "Trigger") && is(2, "DigitalInput"):
		return devices.EventInput, true
	default:
		return "", false
	}
}

// segments are those of a topic as a message names it, without prefixes.
func segments(topic string) ([]string, bool) {
	parts := strings.Split(strings.Trim(strings.TrimSpace(topic), "/"), "/")
	if len(parts) > maxSegments {
		return nil, false
	}
	for i, p := range parts {
		p = strings.TrimSpace(p[strings.LastIndexByte(p, ':')+1:])
		if p == "" || len(p) > maxSegment || p != plain(p, maxSegment) {
			return nil, false
		}
		parts[i] = p
	}
	return parts, true
}

// notices is the answer to PullMessages.
type notices struct {
	Messages notifications `xml:"NotificationMessage"`
}

// notifications keeps only what is reported: the rest is gone once it is read.
type notifications struct {
	seen int
	kept []notification
}

// notification is one message about the device itself.
type notification struct {
	kind  devices.EventKind
	topic string
	// operation is Initialized, Changed or Deleted; empty if not told.
	operation    string
	source, data []simpleItem
}

// UnmarshalXML takes in one message.
func (n *notifications) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var x struct {
		Topic   string `xml:"Topic"`
		Message struct {
			Inner struct {
				Operation string       `xml:"PropertyOperation,attr"`
				Type      string       `xml:"PropertyType,attr"` // of a server that means the same
				Source    []simpleItem `xml:"Source>SimpleItem"`
				Data      []simpleItem `xml:"Data>SimpleItem"`
			} `xml:"Message"`
		} `xml:"Message"`
	}
	if err := d.DecodeElement(&x, &start); err != nil {
		return err
	}
	if n.seen++; n.seen > maxNotices {
		return fmt.Errorf("%w: over %d messages", devices.ErrOutOfBounds, maxNotices)
	}
	path, ok := segments(x.Topic)
	if !ok {
		return nil
	}
	kind, ok := kindOf(path)
	if !ok {
		return nil
	}
	m := x.Message.Inner
	if m.Operation == "" {
		m.Operation = m.Type
	}
	n.kept = append(n.kept, notification{
		kind: kind, topic: strings.Join(path, "/"), operation: strings.TrimSpace(m.Operation), source: m.Source, data: m.Data,
	})
	return nil
}

// token names where a message comes from: a lens or a contact.
func (n notification) token() string {
	names := []string{"VideoSourceToken", "VideoSource", "Source", "VideoSourceConfigurationToken", "VideoSourceConfiguration"}
	switch n.kind {
	case devices.EventContact:
		names = []string{"RelayToken", "Relay", "Token", "Source"}
	case devices.EventInput:
		names = []string{"InputToken", "DigitalInputToken", "DigitalInput", "Token", "Source"}
	}
	for _, name := range names {
		for _, i := range n.source {
			if strings.EqualFold(i.Name, name) && i.Value != "" {
				return i.Value
			}
		}
	}
	if len(n.source) == 1 {
		return n.source[0].Value
	}
	return ""
}

// on tells whether the condition holds.
func (n notification) on() devices.Value[bool] {
	if strings.EqualFold(n.operation, "Deleted") {
		return devices.Unreadable[bool](errors.New("the device no longer has what it told of"))
	}
	for _, name := range []string{"State", "IsTamper", "LogicalState", "Value", "IsTampering", "Tampering", "Tamper", "Active"} {
		for _, i := range n.data {
			if !strings.EqualFold(i.Name, name) {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(i.Value)) {
			case "true", "1", "on", "active", "yes", "tamperdetected":
				return devices.Of(true)
			case "false", "0", "off", "inactive", "no", "notintamper":
				return devices.Of(false)
			default:
				return devices.Unreadable[bool](fmt.Errorf("%w: the state is neither on nor off", devices.ErrMalformed))
			}
		}
	}
	return devices.Unreadable[bool](fmt.Errorf("%w: a message without a state", devices.ErrMalformed))
}
