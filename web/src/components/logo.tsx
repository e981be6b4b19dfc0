/** The mark of Logloop: lines inside a loop. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true">
      <path
        d="M16 6.3A7 7 0 1 0 17 10M17.5 3.2v4h-4"
        strokeWidth="2.2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path d="M7 8h6M7 10.5h6M7 13h3.5" strokeWidth="1.5" strokeLinecap="round" />
    </svg>
  );
}
