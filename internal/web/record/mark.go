package record

// mark is a moment between two packets of a recorder. From a mark, the recorder's sound can be
// resumed.
type mark struct {
	seq      uint64 // number of the last packet before the mark
	lost     uint64 // how many numbers before the mark never came
	numbers  uint64 // how many packets the assembler has had
	position int64  // in samples of the format
	end      int64  // in samples of the device's time
	asm      []byte // the assembler's state
}

// marked is the time between two marks, in samples of the device's time: a second. At most
// mostMarks are kept. When there are that many, the last mark moves on.
const (
	marked    = 16000
	mostMarks = 64
)

// mark makes a mark after the packet that was taken last, if a mark is due. The caller holds s.mu.
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

// now returns a mark after all packets that were taken, or the zero mark if the recording is not
// kept. The caller holds s.mu.
func (s *Session) now() mark {
	if !s.keeps {
		return mark{}
	}
	asm, err := s.asm.AppendBinary(nil)
	if err != nil {
		return mark{} // does not happen
	}
	return mark{seq: s.next - 1, lost: s.lost, numbers: s.numbers, position: s.plain, end: s.end, asm: asm}
}

// before returns the last mark up to a moment of the device's time. If everything was heard up to
// that moment, it returns a mark after all packets that were taken. It forgets the earlier marks.
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

// cover acknowledges the packets before a mark, because the state at the mark is kept. It ends a
// lapse.
func (s *Session) cover(m mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lapsed = false
	s.acknowledge(m)
}

// lapse tells the recorder that nothing can be kept now, and why. During a lapse, packets are
// acknowledged when they are taken, so that a recorder does not give up sound that is heard.
func (s *Session) lapse(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acknowledge(s.taken())
	if !s.lapsed {
		s.lapsed = true
		s.notice(why)
	}
}

// taken returns the moment after all packets that were taken. The caller holds s.mu.
func (s *Session) taken() mark { return mark{seq: s.next - 1, lost: s.lost, position: s.plain} }

// acknowledge acknowledges the packets before a mark. The caller holds s.mu.
func (s *Session) acknowledge(m mark) {
	if m.seq > s.acked.seq {
		s.acked = mark{seq: m.seq, lost: m.lost, position: m.position}
		s.tell()
	}
}
