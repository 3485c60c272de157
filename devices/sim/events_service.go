package sim

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	eventService        = "/onvif/event_service"
	subscriptionService = "/onvif/subscription_manager"

	dialectConcrete    = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
	dialectConcreteSet = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"

	actionEvents = "http://www.onvif.org/ver10/events/wsdl/EventPortType/"
	actionPull   = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/"
	actionWSN    = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/"

	subscriptionLife    = time.Minute // unless the client names another
	maxSubscriptionLife = time.Hour
	maxPull             = time.Minute
	maxNotices          = 50 // in one answer
)

// SubscriptionAddress is how a device writes where a subscription is.
type SubscriptionAddress string

// The forms of a subscription's address, all seen in devices.
const (
	AddressAbsolute   SubscriptionAddress = ""           // a URL of its own
	AddressRelative   SubscriptionAddress = "relative"   // a path without a host
	AddressParameters SubscriptionAddress = "parameters" // one URL for all, and reference parameters to be echoed
)

// subscriptionID is the name of the reference parameter, in a namespace of the device's own.
const (
	nsOwn          = "urn:lensdop:simulated"
	subscriptionID = "SubscriptionId"
)

func (d *Device) eventOps() service {
	capabilities := el("tev:Capabilities", attr{"WSSubscriptionPolicySupport", "false"}, attr{"WSPausableSubscriptionManagerInterfaceSupport", "false"},
		attr{"MaxNotificationProducers", "0"}, attr{"MaxPullPoints", strconv.Itoa(d.cam.MaxPullPoints)}, attr{"PersistentNotificationStorage", "false"})
	return service{path: eventService, namespace: nsTEV, capabilities: capabilities, ops: map[string]operation{
		"GetServiceCapabilities": {open: true, action: actionEvents + "GetServiceCapabilitiesResponse", do: func(*request) (elem, *soapFault) {
			return el("tev:GetServiceCapabilitiesResponse", capabilities), nil
		}},
		"GetEventProperties": {action: actionEvents + "GetEventPropertiesResponse", do: d.getEventProperties},
		"CreatePullPointSubscription": {
			in:     "Filter?(wsnt:TopicExpression* wsnt:MessageContent*) InitialTerminationTime? SubscriptionPolicy?(~)",
			action: actionEvents + "CreatePullPointSubscriptionResponse", do: d.createPullPoint,
		},
	}}
}

// subscriptionOps answer at the address of a subscription.
func (d *Device) subscriptionOps() service {
	return service{path: subscriptionService, namespace: nsTEV, ops: map[string]operation{
		"PullMessages": {in: "Timeout MessageLimit", action: actionPull + "PullMessagesResponse", do: d.pullMessages},
		"SetSynchronizationPoint": {action: actionPull + "SetSynchronizationPointResponse", do: func(q *request) (elem, *soapFault) {
			return el("tev:SetSynchronizationPointResponse"), d.subscribed(q, func(s *subscription) *soapFault {
				d.events.synchronise(s)
				return nil
			})
		}},
		"Renew": {space: nsWSNT, in: "TerminationTime", action: actionWSN + "RenewResponse", do: func(q *request) (elem, *soapFault) {
			life, ok := d.terminationTime(q.child(nsWSNT, "TerminationTime"))
			if !ok {
				return elem{}, wsnFault("UnacceptableTerminationTimeFault", "the time is not one of the next hour")
			}
			return el("wsnt:RenewResponse", el("wsnt:TerminationTime", utc(d.now().Add(life))), el("wsnt:CurrentTime", utc(d.now()))),
				d.subscribed(q, func(s *subscription) *soapFault {
					s.until = time.Now().Add(life)
					return nil
				})
		}},
		"Unsubscribe": {space: nsWSNT, action: actionWSN + "UnsubscribeResponse", do: func(q *request) (elem, *soapFault) {
			return el("wsnt:UnsubscribeResponse"), d.subscribed(q, func(s *subscription) *soapFault {
				s.gone = true
				delete(d.events.subs, s.id)
				select {
				case s.wake <- struct{}{}:
				default:
				}
				return nil
			})
		}},
	}}
}

// wsnFault is a fault of WS-BaseNotification, which names it in the detail.
func wsnFault(name, reason string) *soapFault {
	f := receiverFault(reason, "ter:Action")
	f.detail = el("env:Detail", el("wsnt:"+name, el("bf:Timestamp", utc(time.Now()))))
	return f
}

func unknownSubscription() *soapFault {
	f := senderFault("there is no such subscription", "ter:InvalidArgVal")
	f.detail = el("env:Detail", el("rw:ResourceUnknownFault", el("bf:Timestamp", utc(time.Now()))))
	return f
}

// subscribed finds the subscription that a request is for and works on it.
func (d *Device) subscribed(q *request, f func(*subscription) *soapFault) *soapFault {
	id := q.http.URL.Query().Get("id")
	if d.cam.Subscriptions == AddressParameters {
		id = q.header.value(nsOwn, subscriptionID)
	}
	d.events.mu.Lock()
	defer d.events.mu.Unlock()
	d.events.expire()
	s := d.events.subs[id]
	if s == nil {
		return unknownSubscription()
	}
	return f(s)
}

// terminationTime reads a duration or an instant; a missing one is the
// device's choice.
func (d *Device) terminationTime(n *node) (time.Duration, bool) {
	if n == nil {
		return subscriptionLife, true
	}
	text := strings.TrimSpace(n.text)
	if text == "" && slices.ContainsFunc(n.attrs, func(a xml.Attr) bool {
		return a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1")
	}) {
		return subscriptionLife, true
	}
	life, err := parseDuration(text)
	if err != nil {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return 0, false
		}
		life = at.Sub(d.now())
	}
	return life, life > 0 && life <= maxSubscriptionLife
}

func (d *Device) createPullPoint(q *request) (elem, *soapFault) {
	filter := q.child(nsTEV, "Filter")
	if filter.child(nsWSNT, "MessageContent") != nil {
		return elem{}, wsnFault("InvalidFilterFault", "messages are not filtered by content")
	}
	s := &subscription{wake: make(chan struct{}, 1)}
	if filter != nil {
		for _, n := range filter.kids {
			if dialect, _ := n.attr("Dialect"); dialect != dialectConcrete && dialect != dialectConcreteSet {
				return elem{}, wsnFault("TopicExpressionDialectUnknownFault", "the dialects are Concrete and ConcreteSet")
			}
			topics, ok := parseTopics(n)
			if !ok {
				return elem{}, wsnFault("InvalidTopicExpressionFault", "the topic expression cannot be read")
			}
			known := append(lensTopics(), topicRelay, topicInput)
			if !slices.ContainsFunc(topics, func(f topicFilter) bool { return slices.ContainsFunc(known, f.matches) }) {
				return elem{}, wsnFault("TopicNotSupportedFault", "the device has none of these topics")
			}
			s.topics = append(s.topics, topics...)
		}
	}
	life, ok := d.terminationTime(q.child(nsTEV, "InitialTerminationTime"))
	if !ok {
		return elem{}, wsnFault("UnacceptableInitialTerminationTimeFault", "the time is not one of the next hour")
	}
	s.until = time.Now().Add(life)

	d.events.mu.Lock()
	d.events.expire()
	if len(d.events.subs) >= d.cam.MaxPullPoints {
		d.events.mu.Unlock()
		return elem{}, wsnFault("SubscribeCreationFailedFault", "the device has no free pull point")
	}
	d.events.last++
	s.id = strconv.Itoa(d.events.last)
	d.events.subs[s.id] = s
	d.events.synchronise(s)
	d.events.mu.Unlock()

	address := subscriptionService + "?" + url.Values{"id": {s.id}}.Encode()
	var parameters elem
	switch d.cam.Subscriptions {
	case AddressRelative:
	case AddressParameters:
		address = d.url(q, subscriptionService)
		parameters = el("wsa5:ReferenceParameters", el("own:"+subscriptionID, attr{"xmlns:own", nsOwn}, s.id))
	default:
		address = d.url(q, address)
	}
	now := d.now()
	return el("tev:CreatePullPointSubscriptionResponse",
		el("tev:SubscriptionReference", el("wsa5:Address", address), parameters),
		el("wsnt:CurrentTime", utc(now)), el("wsnt:TerminationTime", utc(now.Add(life)))), nil
}

// pullMessages waits until something came or the time is over.
func (d *Device) pullMessages(q *request) (elem, *soapFault) {
	timeout, err := parseDuration(q.value(nsTEV, "Timeout"))
	limit, err2 := strconv.Atoi(q.value(nsTEV, "MessageLimit"))
	if err != nil || err2 != nil || timeout < 0 || limit < 1 {
		return elem{}, senderFault("a time-out and a number are needed", "ter:InvalidArgVal")
	}
	if timeout > maxPull {
		f := receiverFault("the time-out is too long", "ter:InvalidArgVal")
		f.detail = el("env:Detail", el("tev:PullMessagesFaultResponse",
			el("tev:MaxTimeout", formatDuration(maxPull)), el("tev:MaxMessageLimit", maxNotices)))
		return elem{}, f
	}
	var s *subscription
	f := d.subscribed(q, func(found *subscription) *soapFault {
		if found.pulling {
			return wsnFault("UnableToGetMessagesFault", "another pull is under way")
		}
		s, found.pulling = found, true
		return nil
	})
	if f != nil {
		return elem{}, f
	}
	q.patient(timeout)
	list, until, ok := d.await(q, s, timeout, min(limit, maxNotices))
	if !ok {
		return elem{}, unknownSubscription()
	}
	now := d.now()
	r := el("tev:PullMessagesResponse", el("tev:CurrentTime", utc(now)), el("tev:TerminationTime", utc(now.Add(time.Until(until)))))
	for _, n := range list {
		r.kids = append(r.kids, noticeElem(n))
	}
	return r, nil
}

// await takes what is there, or what comes before the time is over. Pulling
// keeps a subscription alive (ONVIF Core §9.1.1).
func (d *Device) await(q *request, s *subscription, timeout time.Duration, limit int) (list []notice, until time.Time, ok bool) {
	mute := d.fault(FaultEventsNone)
	over := time.NewTimer(timeout)
	defer over.Stop()
	for waiting := true; ; {
		d.events.mu.Lock()
		n := min(limit, len(s.queue))
		if mute {
			n = 0
		}
		if s.gone || n > 0 || !waiting {
			list = slices.Clone(s.queue[:n])
			s.queue = s.queue[n:]
			s.pulling = false
			if until = time.Now().Add(timeout); until.After(s.until) {
				s.until = until
			}
			until, ok = s.until, !s.gone
			d.events.mu.Unlock()
			return list, until, ok
		}
		d.events.mu.Unlock()
		select {
		case <-s.wake:
		case <-over.C:
			waiting = false
		case <-q.http.Context().Done():
			// Nobody gets the answer: what waits stays for the next pull.
			d.events.mu.Lock()
			s.pulling = false
			d.events.mu.Unlock()
			return nil, until, false
		}
	}
}

func noticeElem(n notice) elem {
	source, data, _ := topicWords(n.topic)
	item := func(name, value string) elem { return el("tt:SimpleItem", attr{"Name", name}, attr{"Value", value}) }
	return el("wsnt:NotificationMessage",
		el("wsnt:Topic", attr{"Dialect", dialectConcreteSet}, n.topic),
		el("wsnt:Message", el("tt:Message", attr{"UtcTime", utc(n.at)}, attr{"PropertyOperation", n.operation},
			el("tt:Source", item(source, n.source)), el("tt:Data", item(data, n.value)))))
}

// topicTree is what GetEventProperties shows of the topics.
type topicTree struct {
	name  string
	topic string // empty for what only leads to topics
	kids  []*topicTree
}

func (t *topicTree) add(path []string, topic string) {
	if len(path) == 0 {
		t.topic = topic
		return
	}
	i := slices.IndexFunc(t.kids, func(k *topicTree) bool { return k.name == path[0] })
	if i < 0 {
		i = len(t.kids)
		t.kids = append(t.kids, &topicTree{name: path[0]})
	}
	t.kids[i].add(path[1:], topic)
}

func (t *topicTree) elem() elem {
	e := el(t.name)
	if t.topic != "" {
		source, data, kind := topicWords(t.topic)
		item := func(name, kind string) elem {
			return el("tt:SimpleItemDescription", attr{"Name", name}, attr{"Type", kind})
		}
		e = el(t.name, attr{"wstop:topic", "true"}, el("tt:MessageDescription", attr{"IsProperty", "true"},
			el("tt:Source", item(source, "tt:ReferenceToken")), el("tt:Data", item(data, kind))))
	}
	for _, k := range t.kids {
		e.kids = append(e.kids, k.elem())
	}
	return e
}

func (d *Device) getEventProperties(*request) (elem, *soapFault) {
	root := &topicTree{}
	topics := lensTopics()
	if len(d.cam.Outputs) > 0 {
		topics = append(topics, topicRelay)
	}
	if len(d.cam.Inputs) > 0 {
		topics = append(topics, topicInput)
	}
	for _, t := range topics {
		root.add(strings.Split(t, "/"), t)
	}
	set := el("wstop:TopicSet")
	for _, k := range root.kids {
		set.kids = append(set.kids, k.elem())
	}
	return el("tev:GetEventPropertiesResponse",
		el("tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml"),
		el("wsnt:FixedTopicSet", true), set,
		el("wsnt:TopicExpressionDialect", dialectConcrete), el("wsnt:TopicExpressionDialect", dialectConcreteSet),
		el("tev:MessageContentFilterDialect", "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"),
		el("tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd")), nil
}
