#include "go_asm.h"
#include "textflag.h"

// Ten rows of 32 outputs: the sums are Z0 to Z19, two registers a row. Row 0 is at
// P0, row 3 at P3, row 5 at P5, the others one to eight strides S away from these.
#define P0 R8
#define P3 R9
#define P5 R10
#define S R11

#define ROWS(MACRO) \
	MACRO((P0), 64(P0), Z0, Z1) \
	MACRO((P0)(S*1), 64(P0)(S*1), Z2, Z3) \
	MACRO((P0)(S*2), 64(P0)(S*2), Z4, Z5) \
	MACRO((P3), 64(P3), Z6, Z7) \
	MACRO((P0)(S*4), 64(P0)(S*4), Z8, Z9) \
	MACRO((P5), 64(P5), Z10, Z11) \
	MACRO((P5)(S*1), 64(P5)(S*1), Z12, Z13) \
	MACRO((P5)(S*2), 64(P5)(S*2), Z14, Z15) \
	MACRO((P0)(S*8), 64(P0)(S*8), Z16, Z17) \
	MACRO((P5)(S*4), 64(P5)(S*4), Z18, Z19)

// POINT sets P3 and P5 from P0 and S.
#define POINT \
	LEAQ (S)(S*2), P3 \
	LEAQ (S)(S*4), P5 \
	ADDQ P0, P3 \
	ADDQ P0, P5

// START begins a row's sums with the bias, in Z30 and Z31, and what is added.
#define START(LOW, HIGH, A, B) \
	VADDPS LOW, Z30, A \
	VADDPS HIGH, Z31, B

// STEP adds the products of a row's input with 32 weights, in Z30 and Z31.
#define STEP(LOW, HIGH, A, B) \
	VBROADCASTSS LOW, Z29 \
	VFMADD231PS Z30, Z29, A \
	VFMADD231PS Z31, Z29, B

// STORE writes a row, at least the floor in Z30. NaN stays NaN.
#define STORE(LOW, HIGH, A, B) \
	VMAXPS A, Z30, A \
	VMAXPS B, Z30, B \
	VMOVUPS A, LOW \
	VMOVUPS B, HIGH

// func block512(b *block)
TEXT ·block512(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ block_bias(DI), AX
	VMOVUPS (AX), Z30
	VMOVUPS 64(AX), Z31
	MOVQ block_add(DI), P0
	MOVQ block_addStride(DI), S
	POINT
	ROWS(START)

	MOVQ block_weights(DI), BX
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI
	MOVQ block_srcStride(DI), S

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), P0
	LEAQ (P0)(AX*4), P0
	POINT
	MOVQ block_in(DI), CX

input:
	VMOVUPS (BX), Z30
	VMOVUPS 64(BX), Z31
	ROWS(STEP)
	ADDQ $128, BX
	ADDQ $4, P0
	ADDQ $4, P3
	ADDQ $4, P5
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Z30
	MOVQ block_dst(DI), P0
	MOVQ block_dstStride(DI), S
	POINT
	ROWS(STORE)
	VZEROUPPER
	RET

// func row512(b *block)
TEXT ·row512(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ block_bias(DI), AX
	VMOVUPS (AX), Z30
	VMOVUPS 64(AX), Z31
	MOVQ block_add(DI), P0
	START((P0), 64(P0), Z0, Z1)

	MOVQ block_weights(DI), BX
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), P0
	LEAQ (P0)(AX*4), P0
	MOVQ block_in(DI), CX

input:
	VMOVUPS (BX), Z30
	VMOVUPS 64(BX), Z31
	STEP((P0), 64(P0), Z0, Z1)
	ADDQ $128, BX
	ADDQ $4, P0
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Z30
	MOVQ block_dst(DI), P0
	STORE((P0), 64(P0), Z0, Z1)
	VZEROUPPER
	RET

// One row of four panels: the sums are Z0 to Z7. The weights of the panels are at BX, one
// and two strides S away, and at R8.
#define FOUR(MACRO, P) \
	MACRO((P), 64(P), Z0, Z1) \
	MACRO(128(P), 192(P), Z2, Z3) \
	MACRO(256(P), 320(P), Z4, Z5) \
	MACRO(384(P), 448(P), Z6, Z7)

#define LOAD(LOW, HIGH, A, B) \
	VMOVUPS LOW, A \
	VMOVUPS HIGH, B

#define PLUS(LOW, HIGH, A, B) \
	VADDPS LOW, A, A \
	VADDPS HIGH, B, B

// func wide512(b *block)
TEXT ·wide512(SB), NOSPLIT, $0-8
	MOVQ b+0(FP), DI
	MOVQ block_bias(DI), AX
	FOUR(LOAD, AX)
	MOVQ block_add(DI), AX
	FOUR(PLUS, AX)

	MOVQ block_weights(DI), BX
	MOVQ block_panelStride(DI), S
	LEAQ (BX)(S*2), R8
	ADDQ S, R8
	MOVQ block_at(DI), DX
	MOVQ block_taps(DI), SI

tap:
	MOVQ (DX), AX
	MOVQ block_src(DI), R9
	LEAQ (R9)(AX*4), R9
	MOVQ block_in(DI), CX

input:
	VBROADCASTSS (R9), Z29
	VFMADD231PS (BX), Z29, Z0
	VFMADD231PS 64(BX), Z29, Z1
	VFMADD231PS (BX)(S*1), Z29, Z2
	VFMADD231PS 64(BX)(S*1), Z29, Z3
	VFMADD231PS (BX)(S*2), Z29, Z4
	VFMADD231PS 64(BX)(S*2), Z29, Z5
	VFMADD231PS (R8), Z29, Z6
	VFMADD231PS 64(R8), Z29, Z7
	ADDQ $128, BX
	ADDQ $128, R8
	ADDQ $4, R9
	DECQ CX
	JNZ  input
	ADDQ $8, DX
	DECQ SI
	JNZ  tap

	VBROADCASTSS block_floor(DI), Z30
	MOVQ block_dst(DI), AX
	FOUR(STORE, AX)
	VZEROUPPER
	RET

// func scaleShift512(dst, src, scale, shift *float32, n int, floor float32)
TEXT ·scaleShift512(SB), NOSPLIT, $0-44
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ scale+16(FP), AX
	MOVQ shift+24(FP), BX
	MOVQ n+32(FP), CX
	VBROADCASTSS floor+40(FP), Z3
	XORQ DX, DX

next:
	VMOVUPS (SI)(DX*4), Z0
	VMOVUPS (BX)(DX*4), Z1
	VFMADD231PS (AX)(DX*4), Z0, Z1
	VMAXPS Z1, Z3, Z1
	VMOVUPS Z1, (DI)(DX*4)
	ADDQ $16, DX
	CMPQ DX, CX
	JLT  next
	VZEROUPPER
	RET

// func sum512(dst, src *float32, strideBytes, rows, n int)
TEXT ·sum512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ strideBytes+16(FP), AX
	MOVQ n+32(FP), CX

columns:
	VPXORQ Z0, Z0, Z0
	MOVQ rows+24(FP), DX
	MOVQ SI, BX

row:
	VADDPS (BX), Z0, Z0
	ADDQ AX, BX
	DECQ DX
	JNZ  row
	VMOVUPS Z0, (DI)
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $16, CX
	JG   columns
	VZEROUPPER
	RET

// func peaks512(dst, src *float32, strideBytes int, scale, shift *float32, n int)
TEXT ·peaks512(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ strideBytes+16(FP), DX
	MOVQ scale+24(FP), AX
	MOVQ shift+32(FP), BX
	MOVQ n+40(FP), CX
	VPTERNLOGD $255, Z9, Z9, Z9
	VPSRLD $1, Z9, Z9 // all bits but the sign

next:
	VMOVUPS (AX), Z0
	VMOVUPS (BX), Z1
	VMOVAPS Z1, Z2
	VMOVAPS Z1, Z3
	VFMADD231PS (SI), Z0, Z1
	VFMADD231PS (SI)(DX*1), Z0, Z2
	VFMADD231PS (SI)(DX*2), Z0, Z3
	VPANDD Z9, Z1, Z1
	VPANDD Z9, Z2, Z2
	VPANDD Z9, Z3, Z3
	VMAXPS Z1, Z2, Z1
	VMAXPS Z1, Z3, Z1
	VMOVUPS Z1, (DI)
	ADDQ $64, AX
	ADDQ $64, BX
	ADDQ $64, SI
	ADDQ $64, DI
	SUBQ $16, CX
	JG   next
	VZEROUPPER
	RET
