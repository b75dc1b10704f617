#include "textflag.h"

// Go's assembler lacks these on four numbers: d = n + m, n − m, n · m, n / m, and the
// larger and the smaller of both.
#define FADD4(m, n, d) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d))
#define FSUB4(m, n, d) WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d))
#define FMUL4(m, n, d) WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d))
#define FDIV4(m, n, d) WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d))
#define FMAX4(m, n, d) WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d))
#define FMIN4(m, n, d) WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d))

// The numbers of cellNumbers are in V16 to V31, in their order; V15 is 0. x is in V0.

// EXP leaves p in V5 and scale in V6, as exponential does. V0 and V7 are scratch.
#define EXP \
	FMUL4(16, 0, 6) \
	FADD4(17, 6, 6) \
	FSUB4(17, 6, 5) \
	VSHL $23, V6.S4, V6.S4 \
	VADD V26.S4, V6.S4, V6.S4 \
	FMUL4(18, 5, 7) \
	FSUB4(7, 0, 0) \
	FMUL4(19, 5, 7) \
	FSUB4(7, 0, 0) \
	FMUL4(20, 0, 5) \
	FADD4(21, 5, 5) \
	FMUL4(0, 5, 5) \
	FADD4(22, 5, 5) \
	FMUL4(0, 5, 5) \
	FADD4(23, 5, 5) \
	FMUL4(0, 5, 5) \
	FADD4(24, 5, 5) \
	FMUL4(0, 5, 5) \
	FADD4(25, 5, 5) \
	FMUL4(0, 5, 5) \
	FADD4(26, 5, 5) \
	FMUL4(0, 5, 5)

// SIGMOID writes that of V0 to register d.
#define SIGMOID(d) \
	FMAX4(28, 0, 0) \
	FMIN4(27, 0, 0) \
	FSUB4(0, 15, 0) \
	EXP \
	FMUL4(6, 5, 5) \
	FADD4(6, 5, 5) \
	FADD4(26, 5, 5) \
	FDIV4(5, 26, d)

// TANH writes that of V0 to register d.
#define TANH(d) \
	FADD4(0, 0, 0) \
	FMAX4(30, 0, 0) \
	FMIN4(29, 0, 0) \
	EXP \
	FMUL4(6, 5, 5) \
	FSUB4(26, 6, 6) \
	FADD4(5, 6, 6) \
	FADD4(31, 6, 5) \
	FDIV4(5, 6, d)

#define NUMBER(V) \
	VLD1R (R5), [V.S4] \
	ADD $32, R5

// func cellsNEON(h, c, gates *float32, numbers *[16][8]float32, n int)
TEXT ·cellsNEON(SB), NOSPLIT, $0-40
	MOVD h+0(FP), R0
	MOVD c+8(FP), R1
	MOVD gates+16(FP), R8
	MOVD n+32(FP), R4
	MOVD numbers+24(FP), R5
	NUMBER(V16)
	NUMBER(V17)
	NUMBER(V18)
	NUMBER(V19)
	NUMBER(V20)
	NUMBER(V21)
	NUMBER(V22)
	NUMBER(V23)
	NUMBER(V24)
	NUMBER(V25)
	NUMBER(V26)
	NUMBER(V27)
	NUMBER(V28)
	NUMBER(V29)
	NUMBER(V30)
	NUMBER(V31)
	VEOR V15.B16, V15.B16, V15.B16
	ADD  R4<<2, R8, R9
	ADD  R4<<2, R9, R10
	ADD  R4<<2, R10, R11

next:
	VLD1.P 16(R8), [V0.S4]
	SIGMOID(1)
	VLD1.P 16(R9), [V0.S4]
	SIGMOID(2)
	VLD1.P 16(R10), [V0.S4]
	TANH(3)
	VLD1.P 16(R11), [V0.S4]
	SIGMOID(4)
	VLD1 (R1), [V8.S4]
	FMUL4(8, 2, 2)
	FMUL4(3, 1, 1)
	FADD4(1, 2, 0)
	VST1.P [V0.S4], 16(R1)
	TANH(1)
	FMUL4(1, 4, 1)
	VST1.P [V1.S4], 16(R0)
	SUBS $4, R4
	BGT  next
	RET
