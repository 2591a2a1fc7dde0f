"""What nvcc made of the kernels, read from a cubin without a disassembler.
    cuda_sass.py FILE.cubin...
For every kernel: how wide it loads and stores, whether it touches local memory, whether it computes in double. Fails
when a kernel of RULES breaks its rule, when any uses local memory, or when a rule meets no kernel."""
import re
import struct
import subprocess
import sys

WIDTH = {0: 8, 1: 8, 2: 16, 3: 16, 4: 32, 5: 64, 6: 128}
LDG, STG = {0x381, 0x981}, {0x386, 0x986}
LOCAL = {0x983, 0x387}
F64 = {0x229, 0x228, 0x22b, 0x22a}  # DADD, DMUL, DFMA, DSETP
# kernel as demangled: bits of its widest load and store (None: not looked at), double allowed. First match counts.
RULES = [
    (r"mv__cu_k_(map|rows)<float, float, ", 128, 128, False),
    (r"mv__cu_k_(map|rows)<(signed char|unsigned char), float, ", 32, 128, False),
    (r"mv__cu_k_(map|rows)<(short|unsigned short|mv__cu_b?half), float, ", 64, 128, False),
    (r"mv__cu_k_(map|rows)<float, (signed char|unsigned char), ", 128, 32, False),
    (r"mv__cu_k_(map|rows)<float, (short|unsigned short|mv__cu_b?half), ", 128, 64, False),
    (r"mv__cu_k_(map|rows)<float, double, mv__cu_op_away", 64, 128, True),  # distances in double
    (r"mv__cu_k_(map|rows)<float, double, ", 64, 128, False),
    (r"mv__cu_k_(map|rows)<double, float, ", 128, 64, False),
    (r"mv__cu_k_(map|rows)<", 128, 128, False),  # within one type
    (r"mv__cu_k_(moments|digits)<", 128, None, True),
    (r"mv__cu_k_sp_(pad|back)<", 128, 128, False),
    (r"mv__cu_k_sp_tile<unsigned (char|short|int), ", 32, 32, False),
    (r"mv__cu_k_sp_tile<unsigned long long, ", 64, 64, False),
    (r"mv__cu_k_sp_tile<", 128, 128, False),
    (r"mv__cu_k_sp_fg<", 128, None, False),
    (r"mv__cu_k_sp_(any|swap|pad_any)<", None, None, False),
    (r"mv__cu_k_rs_(linear|pass|outside|near|pre)\b", None, None, False),
    (r"mv__cu_k_gr_fill<2, 0>", None, None, False),  # not aligned
    (r"mv__cu_k_gr_fill<", 128, 64, False),
    (r"mv__cu_k_se_(spread|weigh|finish|pick)<1", 64, 64, False),
    (r"mv__cu_k_se_(spread|weigh|finish|pick)<2", 128, 128, False),
    (r"mv__cu_k_se_(gather|begin|step)<1", 64, 64, True),  # sums in double
    (r"mv__cu_k_se_(gather|begin|step)<2", 128, 128, True),
    (r"mv__cu_k_se_unfold", 64, None, True),  # small systems in double
    (r"mv__cu_k_co_rss<4>", 128, 64, False),
    (r"mv__cu_k_co_rss<2>", 64, 32, False),
    (r"mv__cu_k_co_(combine|expand|normal)<4>", 128, 128, False),
    (r"mv__cu_k_co_apply<4>", 128, 128, False),
    (r"mv__cu_k_co_(combine|expand|normal|apply)<2>", 64, 64, False),
    (r"mv__cu_k_co_each<", 64, 64, False),
    (r"mv__cu_k_co_most<4>", 128, None, False),
    (r"mv__cu_k_co_lead(_small)?<", None, 64, False),
    (r"mv__cu_k_co_wave_x\b", 128, None, False),
    (r"mv__cu_k_co_(products|means|window|agree|first|settled|taper|words|most<2>)", None, None, False),
    (r"mv__cu_k_fi_(tile|half|lane|span|sums)\b", None, None, False),
    (r"mv__cu_k_fd_(image|compose|euler|longest|newton|mix|linear|total|cubic|colours|pick)\b", None, None, False),
    (r"mv__cu_k_rg_(weigh|fill)\b", None, None, False),
    (r"mv__cu_k_rg_sums<2>", 128, None, True),  # a row's place, and sums of rows
    (r"mv__cu_k_rg_table\b", None, 128, True),
    (r"mv__cu_k_df_(join|adam|sum)\b", 128, None, False),
    (r"mv__cu_k_df_(windows|forces|demons|show|variance|square|times)\b", None, None, False),
    (r"mv__cu_k_of_even\b", 128, 128, False),
    (r"mv__cu_k_of_(search|spread|share|fill|grow|start|see|equate|relax|lost)\b", None, None, False),
    (r"mv__cu_k_ly_bytes<3>", 128, 32, False),
    (r"mv__cu_k_ly_bytes<", 128, 128, False),
    (r"mv__cu_k_ly_floats\b", 128, 128, False),
    (r"mv__cu_k_ly_curves<float", 128, 128, True),  # shares of a tile
    (r"mv__cu_k_ly_curves<unsigned char", 128, 32, False),
    (r"mv__cu_k_ly_curves<", 128, 64, False),
    (r"mv__cu_k_ly_tiled<float", 128, 128, False),
    (r"mv__cu_k_ly_tiled<unsigned char", 32, 32, False),
    (r"mv__cu_k_ly_tiled<", 64, 64, False),
    (r"mv__cu_k_ly_(counts|digits)\b", 128, None, False),
    (r"mv__cu_k_ly_(scatter|before|first|look|scale)\b", None, None, False),
    (r"mv__cu_k_cr_sums<", 128, None, True),
    (r"mv__cu_k_cr_(lags|lag_end|look)<float", 32, 64, True),  # products in double; rows begin anywhere
    (r"mv__cu_k_cr_(lags|lag_end|look)<double", 64, 64, True),
    (r"mv__cu_k_cr_(map|joint|window|wide|less)\b", None, None, True),  # variances, bins: doubles as medvol.h
    (r"mv__cu_k_tr_turn<", 32, 32, False),
    (r"mv__cu_k_tr_slow\b", 32, 32, True),  # the dose
    (r"mv__cu_k_ft_(lines|carry|product)<float", 64, 64, False),
    (r"mv__cu_k_ft_(lines|carry|product)<double", 128, 128, True),
    (r"mv__cu_k_ft_sum<float", None, None, False),
    (r"mv__cu_k_ft_cube<", 32, 128, False),
    (r"mv__cu_k_ft_(best<|phase$)", None, None, False),
    (r"mv__cu_k_", None, None, True),  # single threads, and those for any type, in double by design
]


def demangle(names):
    out = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    return dict(zip(names, out.splitlines()))


def kernels(path):
    """name -> list of 128-bit instructions as (low, high)"""
    data = open(path, "rb").read()
    if data[:5] != b"\x7fELF\x02":
        sys.exit(f"cuda_sass: {path} is no 64-bit ELF file")
    shoff, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    heads = [struct.unpack_from("<IIQQQQ", data, shoff + i * size) for i in range(count)]
    base = heads[names][4]
    found = {}
    for name, _, _, _, offset, length in heads:
        text = data[base + name:data.index(b"\0", base + name)].decode()
        if text.startswith(".text."):
            found[text[6:]] = [struct.unpack_from("<QQ", data, offset + k) for k in range(0, length, 16)]
    return found


def look(code):
    loads, stores, local, double = {}, {}, 0, 0
    for low, high in code:
        op, bits = low & 0xfff, WIDTH.get(high >> 9 & 7, 0)
        if op in LDG:
            loads[bits] = loads.get(bits, 0) + 1
        elif op in STG:
            stores[bits] = stores.get(bits, 0) + 1
        local += op in LOCAL
        double += op in F64
    return loads, stores, local, double


def main(paths):
    wrong, seen = 0, set()
    for path in paths:
        found = kernels(path)
        names = demangle(sorted(found))
        met = set()
        for raw in sorted(found):
            name = re.sub(r"\(.*", "", names[raw].replace("void ", ""))
            loads, stores, local, double = look(found[raw])
            rule = next((r for r in RULES if re.match(r[0], name)), None)
            said = [] if rule else ["no rule is for it"]
            if local:
                said.append(f"{local} accesses of local memory")
            if rule:
                met.add(rule[0])
                if rule[1] and max(loads, default=0) < rule[1]:
                    said.append(f"its widest load has {max(loads, default=0)} bits, not {rule[1]}")
                if rule[2] and max(stores, default=0) < rule[2]:
                    said.append(f"its widest store has {max(stores, default=0)} bits, not {rule[2]}")
                if double and not rule[3]:
                    said.append(f"{double} instructions in double")
            wrong += len(said)
            for s in said:
                print(f"{path}: {name}: {s}")
        seen |= met
        wide = sum(1 for raw in found if 128 in look(found[raw])[0])
        print(f"{path}: {len(found)} kernels, {wide} with 16-byte loads")
    for rule in RULES:
        if rule[0] not in seen:
            wrong += 1
            print(f"no kernel is like {rule[0]}")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
