/** The mark and the name. */
export function Brand({ size = 20 }: { size?: number }) {
  return (
    <>
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
      >
        <path d="M4 20 12 4l8 16" />
        <path d="M8.5 14.5h7" />
        <circle cx="12" cy="4" r="1.6" fill="currentColor" />
      </svg>
      Vedette
    </>
  );
}
