package record

// mark is a moment in what a recorder has sent, between two packets, from which its
// sound can be taken up again.
type mark struct {
	seq      uint64 // of the last packet before it
	lost     uint64 // numbers that never came before it
	numbers  uint64 // packets that the assembler has had
	position int64  // in samples of the format
	end      int64  // in samples of the device's time
	asm      []byte // the assembler's state
}

// marked is how far two marks are apart, in samples of the device's time: a second.
// mostMarks are kept; the last one then moves on.
const (
	marked    = 16000
	mostMarks = 64
)

// mark makes a mark behind the packet that was taken last, where one is due. s.mu is
// held.
func (s *Session) mark() {
	if !s.keeps || s.end-s.marks[len(s.marks)-1].end < marked {
		return
	}
	m := s.now()
	if len(s.marks) == mostMarks {
		s.marks = s.marks[:mostMarks-1]
	}
	s.marks = append(s.marks, m)
}

// now is a mark behind all that was taken, the zero one where none is kept. s.mu is held.
func (s *Session) now() mark {
	if !s.keeps {
		return mark{}
	}
	asm, err := s.asm.AppendBinary(nil)
	if err != nil {
		return mark{} // never
	}
	return mark{seq: s.next - 1, lost: s.lost, numbers: s.numbers, position: s.plain, end: s.end, asm: asm}
}

// before is the last mark up to a moment of the device's time, one behind all that was
// taken where that has been heard. Marks before it are forgotten.
func (s *Session) before(end int64) mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end <= end && s.keeps && !s.over {
		s.marks = append(s.marks[:0], s.now())
		return s.marks[0]
	}
	n := 0
	for n+1 < len(s.marks) && s.marks[n+1].end <= end {
		n++
	}
	s.marks = append(s.marks[:0], s.marks[n:]...)
	return s.marks[0]
}

// cover acknowledges what lies before a mark: it is kept. It ends a lapse.
func (s *Session) cover(m mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapsed = false
	s.acknowledge(m)
}

// lapse says that nothing can be kept now, and why. What is taken is acknowledged all
// the same, so that a recorder need not give sound up that was heard.
func (s *Session) lapse(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acknowledge(s.taken())
	if !s.lapsed {
		s.lapsed = true
		s.notice(why)
	}
}

// taken is the moment behind all that was taken. s.mu is held.
func (s *Session) taken() mark { return mark{seq: s.next - 1, lost: s.lost, position: s.plain} }

// acknowledge moves what is acknowledged on to a mark. s.mu is held.
func (s *Session) acknowledge(m mark) {
	if m.seq > s.acked.seq {
		s.acked = mark{seq: m.seq, lost: m.lost, position: m.position}
		s.tell()
	}
}
