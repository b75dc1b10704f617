#include "go_asm.h"
#include "textflag.h"

// Five rows of 16 outputs, twice for a panel: the sums are V0 to V19, four registers
// a row. The rows are at R8 to R12; R5 is the half of the panel, 0 or 64 bytes.

// Go's assembler lacks these on four numbers: d = n + m, d = max(n, m), d = |n|. NaN stays NaN.
#define FADD4(m, n, d) WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d))
#define FMAX4(m, n, d) WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d))

#define FABS4(n, d) WORD $(0x4EA0F800 | (n)<<5 | (d))

// POINT sets R9 to R12 to rows R4 bytes apart, from R8 on.
#define POINT \
	ADD R4, R8, R9 \
	ADD R4, R9, R10 \
	ADD R4, R10, R11 \
	ADD R4, R11, R12

// START begins a row's sums with the bias, in V20 to V23, and what is added.
#define START(ROW, A, B, C, D) \
	VLD1 (ROW), [V24.S4, V25.S4, V26.S4, V27.S4] \
	FADD4(24, 20, A) \
	FADD4(25, 21, B) \
	FADD4(26, 22, C) \
	FADD4(27, 23, D)

// STEP adds the products of a row's input with 16 weights, in V20 to V23.
#define STEP(ROW, X, A, B, C, D) \
	VLD1R.P 4(ROW), [X.S4] \
	VFMLA V20.S4, X.S4, A.S4 \
	VFMLA V21.S4, X.S4, B.S4 \
	VFMLA V22.S4, X.S4, C.S4 \
	VFMLA V23.S4, X.S4, D.S4

// FLOOR makes four sums at least V31.
#define FLOOR(A, B, C, D) \
	FMAX4(31, A, A) \
	FMAX4(31, B, B) \
	FMAX4(31, C, C) \
	FMAX4(31, D, D)

// func blockNEON(b *block)
TEXT ·blockNEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD $0, R5

half:
	MOVD block_bias(R0), R1
	ADD  R5, R1
	VLD1 (R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	MOVD block_add(R0), R8
	ADD  R5, R8
	MOVD block_addStride(R0), R4
	POINT
	START(R8, 0, 1, 2, 3)
	START(R9, 4, 5, 6, 7)
	START(R10, 8, 9, 10, 11)
	START(R11, 12, 13, 14, 15)
	START(R12, 16, 17, 18, 19)

	MOVD block_weights(R0), R1
	ADD  R5, R1
	MOVD block_at(R0), R2
	MOVD block_taps(R0), R3
	MOVD block_srcStride(R0), R4

tap:
	MOVD.P 8(R2), R6
	MOVD   block_src(R0), R8
	ADD    R6<<2, R8
	POINT
	MOVD block_in(R0), R7

input:
	VLD1 (R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	ADD  $128, R1
	STEP(R8, V24, V0, V1, V2, V3)
	STEP(R9, V25, V4, V5, V6, V7)
	STEP(R10, V26, V8, V9, V10, V11)
	STEP(R11, V27, V12, V13, V14, V15)
	STEP(R12, V28, V16, V17, V18, V19)
	SUBS $1, R7
	BNE  input
	SUBS $1, R3
	BNE  tap

	FMOVS block_floor(R0), F31
	VDUP  V31.S[0], V31.S4
	FLOOR(0, 1, 2, 3)
	FLOOR(4, 5, 6, 7)
	FLOOR(8, 9, 10, 11)
	FLOOR(12, 13, 14, 15)
	FLOOR(16, 17, 18, 19)
	MOVD block_dst(R0), R8
	ADD  R5, R8
	MOVD block_dstStride(R0), R4
	POINT
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R8)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R9)
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R10)
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R11)
	VST1 [V16.S4, V17.S4, V18.S4, V19.S4], (R12)
	ADD  $64, R5
	CMP  $128, R5
	BLT  half
	RET

// func rowNEON(b *block)
TEXT ·rowNEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD $0, R5

half:
	MOVD block_bias(R0), R1
	ADD  R5, R1
	VLD1 (R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	MOVD block_add(R0), R8
	ADD  R5, R8
	START(R8, 0, 1, 2, 3)

	MOVD block_weights(R0), R1
	ADD  R5, R1
	MOVD block_at(R0), R2
	MOVD block_taps(R0), R3

tap:
	MOVD.P 8(R2), R6
	MOVD   block_src(R0), R8
	ADD    R6<<2, R8
	MOVD   block_in(R0), R7

input:
	VLD1 (R1), [V20.S4, V21.S4, V22.S4, V23.S4]
	ADD  $128, R1
	STEP(R8, V24, V0, V1, V2, V3)
	SUBS $1, R7
	BNE  input
	SUBS $1, R3
	BNE  tap

	FMOVS block_floor(R0), F31
	VDUP  V31.S[0], V31.S4
	FLOOR(0, 1, 2, 3)
	MOVD block_dst(R0), R8
	ADD  R5, R8
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R8)
	ADD  $64, R5
	CMP  $128, R5
	BLT  half
	RET

// BIAS begins 16 sums with the bias at R1 and what is added at R8, and passes both.
#define BIAS(A, B, C, D) \
	VLD1.P 64(R1), [V20.S4, V21.S4, V22.S4, V23.S4] \
	START(R8, A, B, C, D) \
	ADD $64, R8

// SIXTEEN adds the products of V24 with the 16 weights at ROW, which it passes.
#define SIXTEEN(ROW, A, B, C, D) \
	VLD1.P 64(ROW), [V20.S4, V21.S4, V22.S4, V23.S4] \
	VFMLA V20.S4, V24.S4, A.S4 \
	VFMLA V21.S4, V24.S4, B.S4 \
	VFMLA V22.S4, V24.S4, C.S4 \
	VFMLA V23.S4, V24.S4, D.S4

// One row of two panels: the sums are V0 to V15. The weights of the panels are at R1
// and R10.
// func wideNEON(b *block)
TEXT ·wideNEON(SB), NOSPLIT, $0-8
	MOVD b+0(FP), R0
	MOVD block_bias(R0), R1
	MOVD block_add(R0), R8
	BIAS(0, 1, 2, 3)
	BIAS(4, 5, 6, 7)
	BIAS(8, 9, 10, 11)
	BIAS(12, 13, 14, 15)

	MOVD block_weights(R0), R1
	MOVD block_panelStride(R0), R10
	ADD  R1, R10
	MOVD block_at(R0), R2
	MOVD block_taps(R0), R3

tap:
	MOVD.P 8(R2), R6
	MOVD   block_src(R0), R8
	ADD    R6<<2, R8
	MOVD   block_in(R0), R7

input:
	VLD1R.P 4(R8), [V24.S4]
	SIXTEEN(R1, V0, V1, V2, V3)
	SIXTEEN(R1, V4, V5, V6, V7)
	SIXTEEN(R10, V8, V9, V10, V11)
	SIXTEEN(R10, V12, V13, V14, V15)
	SUBS $1, R7
	BNE  input
	SUBS $1, R3
	BNE  tap

	FMOVS block_floor(R0), F31
	VDUP  V31.S[0], V31.S4
	FLOOR(0, 1, 2, 3)
	FLOOR(4, 5, 6, 7)
	FLOOR(8, 9, 10, 11)
	FLOOR(12, 13, 14, 15)
	MOVD block_dst(R0), R8
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R8)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R8)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R8)
	VST1   [V12.S4, V13.S4, V14.S4, V15.S4], (R8)
	RET

// func scaleShiftNEON(dst, src, scale, shift *float32, n int, floor float32)
TEXT ·scaleShiftNEON(SB), NOSPLIT, $0-44
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  scale+16(FP), R2
	MOVD  shift+24(FP), R3
	MOVD  n+32(FP), R4
	FMOVS floor+40(FP), F31
	VDUP  V31.S[0], V31.S4

next:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R3), [V8.S4, V9.S4, V10.S4, V11.S4]
	VFMLA  V4.S4, V0.S4, V8.S4
	VFMLA  V5.S4, V1.S4, V9.S4
	VFMLA  V6.S4, V2.S4, V10.S4
	VFMLA  V7.S4, V3.S4, V11.S4
	FLOOR(8, 9, 10, 11)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R0)
	SUBS   $16, R4
	BGT    next
	RET

// func sumNEON(dst, src *float32, strideBytes, rows, n int)
TEXT ·sumNEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD strideBytes+16(FP), R2
	MOVD n+32(FP), R4

columns:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	MOVD rows+24(FP), R3
	MOVD R1, R5

row:
	VLD1 (R5), [V4.S4, V5.S4, V6.S4, V7.S4]
	FADD4(4, 0, 0)
	FADD4(5, 1, 1)
	FADD4(6, 2, 2)
	FADD4(7, 3, 3)
	ADD  R2, R5
	SUBS $1, R3
	BNE  row
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	ADD  $64, R1
	SUBS $16, R4
	BGT  columns
	RET

// func peaksNEON(dst, src *float32, strideBytes int, scale, shift *float32, n int)
TEXT ·peaksNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R8
	MOVD strideBytes+16(FP), R4
	MOVD scale+24(FP), R1
	MOVD shift+32(FP), R2
	MOVD n+40(FP), R3
	ADD  R4, R8, R9
	ADD  R4, R9, R10

next:
	VLD1.P 16(R1), [V0.S4]
	VLD1.P 16(R2), [V1.S4]
	VMOV   V1.B16, V2.B16
	VMOV   V1.B16, V3.B16
	VLD1.P 16(R8), [V4.S4]
	VLD1.P 16(R9), [V5.S4]
	VLD1.P 16(R10), [V6.S4]
	VFMLA  V4.S4, V0.S4, V1.S4
	VFMLA  V5.S4, V0.S4, V2.S4
	VFMLA  V6.S4, V0.S4, V3.S4
	FABS4(1, 1)
	FABS4(2, 2)
	FABS4(3, 3)
	FMAX4(2, 1, 1)
	FMAX4(3, 1, 1)
	VST1.P [V1.S4], 16(R0)
	SUBS   $4, R3
	BGT    next
	RET
