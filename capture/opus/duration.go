package opus

// Duration is the length in samples at 48 kHz that a packet states (RFC 6716,
// 3.1 and 3.2), at most 120 ms; 0 if it states none.
func Duration(packet []byte) int { return int(duration(packet)) }

func duration(packet []byte) int64 {
	if len(packet) == 0 {
		return 0
	}
	config := packet[0] >> 3
	var frame int64 // in units of 2.5 ms
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		frame = []int64{4, 8, 16, 24}[config%4]
	case config < 16: // hybrid: 10, 20 ms
		frame = []int64{4, 8}[config%2]
	default: // CELT: 2.5, 5, 10, 20 ms
		frame = 1 << (config % 4)
	}
	count := int64(1)
	switch packet[0] & 3 {
	case 1, 2:
		count = 2
	case 3:
		count = 0
		if len(packet) > 1 {
			count = int64(packet[1] & 63)
		}
	}
	return min(frame*count*rate/400, maxPacket)
}
