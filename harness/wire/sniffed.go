package wire

import "strings"

// A sniffed parser finds out from the first bytes which protocol a client speaks where
// nothing was agreed on: HTTP/2 with prior knowledge
// (https://www.rfc-editor.org/rfc/rfc9113#section-3.3), else HTTP/1.1.
type sniffed struct {
	log   *connLog
	early []byte // as long as it may be either
	is    parser // nil until it is known
}

func newSniffed(log *connLog) *sniffed { return &sniffed{log: log} }

// feed implements [parser].
func (s *sniffed) feed(d direction, p []byte) {
	if s.is != nil {
		s.is.feed(d, p)
		return
	}
	if d == toClient { // no HTTP/2 server is the first to speak to who knows beforehand
		s.decide(newHTTP1(s.log))
		s.is.feed(d, p)
		return
	}
	s.early = append(s.early, p...)
	switch n := min(len(s.early), len(clientPreface)); {
	case !strings.HasPrefix(clientPreface, string(s.early[:n])):
		s.decide(newHTTP1(s.log))
	case n == len(clientPreface):
		s.decide(newHTTP2(s.log))
	}
}

// decide hands what came so far to a parser.
func (s *sniffed) decide(p parser) {
	s.is = p
	if len(s.early) > 0 {
		p.feed(toServer, s.early)
	}
	s.early = nil
}

// end implements [parser].
func (s *sniffed) end(d direction) {
	if s.is == nil {
		s.decide(newHTTP1(s.log))
	}
	s.is.end(d)
}

// abandon implements [parser].
func (s *sniffed) abandon(cause string) {
	if s.is == nil {
		s.decide(newHTTP1(s.log))
	}
	s.is.abandon(cause)
}
